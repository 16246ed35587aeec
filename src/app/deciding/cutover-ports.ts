import type { FeatureVersion } from '../../config/feature-versions.ts';
import type { GateHealth } from '../../cutover/decide-gate.ts';
import type { CutoverPorts } from '../../cutover/ports.ts';
import { summarizeOpenings } from '../../store/breaker-store.ts';
import { DifferenceStore } from '../../store/difference-store.ts';
import { EvidenceStore } from '../../store/evidence-store.ts';
import type { PhaseStore } from '../../store/phase-store.ts';
import { readHidden } from '../../store/rule-hit-store.ts';
import { readServingVersion } from '../../store/serving-version-store.ts';
import type { Knex } from 'knex';
import type { CaptureView, SimpleView } from '../following/capture-view.ts';
import { describeSample } from '../reports/describe-sample.ts';
import { describeQuarantine, quarantineReports } from '../quarantine-desk.ts';
import { gateHealth } from './gate-health.ts';
import type { Reconciliations } from '../reconciling/reconciliations.ts';
import { ruleFigures, ruleHealth } from '../reports/rule-figures.ts';

export interface CutoverPortParts {
  readonly store: Knex;
  readonly phases: PhaseStore;
  /** The version of a feature that is decided about. */
  readonly versionOf: (feature: string) => FeatureVersion;
  readonly capture: CaptureView | undefined;
  readonly reconciliations: Reconciliations;
  readonly simple: SimpleView;
}

/** The same for versions that do not serve: no user has met them, so no breaker has opened for them. */
export function waitingPorts(ports: CutoverPorts, parts: CutoverPortParts): CutoverPorts {
  const own = cutoverPorts(parts);
  const healthOf = (feature: string): Promise<GateHealth> => own.healthOf(feature);
  return { ...ports, healthOf, breakerOf: () => Promise.resolve({ openings: 0, secondsSinceLast: undefined }) };
}

/** Joins what decides with what was compared, captured and stored. */
export function cutoverPorts(parts: CutoverPortParts): CutoverPorts {
  const evidence = new EvidenceStore(parts.store);
  const differences = new DifferenceStore(parts.store);
  return {
    phases: parts.phases,
    evidenceOf: (feature, fingerprint, step) => evidence.summarize(feature, fingerprint, step),
    rulesOf: async (name, fingerprint, step) => {
      const { compare, routes } = parts.versionOf(name);
      const hidden = await readHidden(parts.store, name, fingerprint, step);
      const names = routes.map(({ route }) => route);
      return ruleFigures(compare, names, hidden, Date.now()).map(ruleHealth);
    },
    forgetEvidence: (feature, step) => evidence.forget(feature, step),
    breakerOf: async (feature, since) => {
      // What befell the version before says nothing of this one.
      const serving = await readServingVersion(parts.store, feature);
      return summarizeOpenings(parts.store, feature, serving && serving.at > since ? serving.at : since);
    },
    healthOf: async (name) => {
      const feature = parts.versionOf(name);
      const reconciliation = await parts.reconciliations.health(feature);
      const sample = describeSample(feature.shadow.sample);
      return {
        ...gateHealth(feature, parts.capture, parts.simple),
        ...(reconciliation && { reconciliation }),
        ...(sample !== undefined && { sample }),
        quarantined: (await quarantineReports(parts.store, name)).map(describeQuarantine),
      };
    },
    topDifferenceOf: async (feature, fingerprint, step) => {
      const group = await differences.topGroup(feature, fingerprint, step);
      if (!group) return undefined;
      const sample = group.samples[0];
      const values = sample ? `, legacy ${sample.legacy ?? 'nothing'}, candidate ${sample.candidate ?? 'nothing'}` : '';
      return `${group.path} of ${group.route}${values}`;
    },
  };
}
