import type { NormalizedFeature } from '../config/normalized-config.ts';
import type { CutoverPorts } from '../cutover/ports.ts';
import { summarizeOpenings } from '../store/breaker-store.ts';
import { DifferenceStore } from '../store/difference-store.ts';
import { EvidenceStore } from '../store/evidence-store.ts';
import type { PhaseStore } from '../store/phase-store.ts';
import type { Capture } from '../sync/capture/capture.ts';
import type { Knex } from 'knex';
import { gateHealth } from './gate-health.ts';
import type { Reconciliations } from './reconciliations.ts';
import type { SimpleReadModels } from './simple-read-models.ts';

/** Joins what decides with what was compared, captured and stored. */
export function cutoverPorts(parts: {
  readonly store: Knex;
  readonly phases: PhaseStore;
  readonly features: readonly NormalizedFeature[];
  readonly capture: Capture | undefined;
  readonly reconciliations: Reconciliations;
  readonly simple: SimpleReadModels;
}): CutoverPorts {
  const evidence = new EvidenceStore(parts.store);
  const differences = new DifferenceStore(parts.store);
  const features = new Map(parts.features.map((feature) => [feature.name, feature]));
  return {
    phases: parts.phases,
    evidenceOf: (feature, fingerprint, step) => evidence.summarize(feature, fingerprint, step),
    forgetEvidence: (feature, step) => evidence.forget(feature, step),
    breakerOf: (feature, since) => summarizeOpenings(parts.store, feature, since),
    healthOf: async (name) => {
      const feature = features.get(name)!;
      const reconciliation = await parts.reconciliations.health(feature);
      return { ...gateHealth(feature, parts.capture, parts.simple), ...(reconciliation && { reconciliation }) };
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
