import type { Knex } from 'knex';
import type { NormalizedConfig, NormalizedFeature } from '../config/normalized-config.ts';
import type { CutoverController } from '../cutover/controller.ts';
import type { GateReading } from '../cutover/ports.ts';
import { FigError } from '../kernel/fig-error.ts';
import { describeReads } from '../kernel/phase.ts';
import { formatPosition } from '../kernel/position.ts';
import type { Verdict } from '../kernel/verdict.ts';
import type { Metrics } from '../observe/metrics.ts';
import { DifferenceStore } from '../store/difference-store.ts';
import { EvidenceStore } from '../store/evidence-store.ts';
import type { Capture } from '../sync/capture.ts';
import type {
  CaptureStatus,
  FeatureReport,
  FeatureStatus,
  FigControl,
  KillSwitchOrder,
  KillSwitchReport,
  PromoteRequest,
  Readiness,
  ReloadOutcome,
  RollbackRequest,
  StatusReport,
  TransitionOutcome,
} from './control.ts';
import type { LocalKillSwitch } from './kill-switch.ts';
import { readModelStatus } from './gate-health.ts';
import type { ProxySide } from './proxy-side.ts';
import type { SimpleReadModels } from './simple-read-models.ts';

export interface ControlParts {
  readonly config: NormalizedConfig;
  readonly version: string;
  readonly startedAt: string;
  readonly addresses: StatusReport['addresses'];
  readonly store: Knex;
  readonly controller: CutoverController;
  readonly capture: Capture | undefined;
  readonly simple: SimpleReadModels;
  readonly side: ProxySide;
  readonly reload: () => Promise<ReloadOutcome>;
  readonly metrics: Metrics;
  readonly killSwitch: LocalKillSwitch;
}

const nothingCompared: Readonly<Record<Verdict, number>> = {
  match: 0,
  mismatch: 0,
  stale: 0,
  raced: 0,
  undetermined: 0,
  error: 0,
  skipped: 0,
};

/** What the front ends may ask of a running migration. */
export class MigrationControl implements FigControl {
  readonly #parts: ControlParts;
  readonly #evidence: EvidenceStore;
  readonly #differences: DifferenceStore;

  constructor(parts: ControlParts) {
    this.#parts = parts;
    this.#evidence = new EvidenceStore(parts.store);
    this.#differences = new DifferenceStore(parts.store);
  }

  async status(): Promise<StatusReport> {
    const { config, version, startedAt, addresses, capture, side, killSwitch } = this.#parts;
    return {
      name: config.name,
      version,
      startedAt,
      mode: 'migration',
      addresses,
      killSwitch: killSwitch.report(),
      capture: capture && describeCapture(capture),
      features: await Promise.all(config.features.map((feature) => this.#featureStatus(feature))),
      ...(await side.view()),
    };
  }

  async report(name: string): Promise<FeatureReport> {
    const feature = this.#parts.config.features.find((each) => each.name === name);
    if (!feature) {
      const known = this.#parts.config.features.map((each) => each.name).join(', ') || 'none';
      throw new FigError(
        'FIG_UNKNOWN_FEATURE',
        `there is no feature ${JSON.stringify(name)}; the config has: ${known}`,
      );
    }
    const reading = await this.#parts.controller.read(name);
    const step = describeReads(reading.row.reads);
    const { fingerprint } = feature;
    const comparisons = reading.evidence?.verdicts ?? nothingCompared;
    return {
      feature: name,
      reads: step,
      fingerprint,
      comparisons,
      matchRate: matchRateOf(comparisons),
      routes: await this.#evidence.routeCounts(name, fingerprint, step),
      groups: await this.#differences.listGroups(name, fingerprint),
      gate: gateOf(reading),
      uncovered: reading.evidence?.uncovered ?? [],
    };
  }

  promote(feature: string, request: PromoteRequest): Promise<TransitionOutcome> {
    return this.#parts.controller.promote(feature, request);
  }

  rollback(feature: string, request: RollbackRequest): Promise<TransitionOutcome> {
    return this.#parts.controller.rollback(feature, request);
  }

  async metrics(): Promise<string> {
    return this.#parts.metrics.text(await this.#parts.side.otherMetrics());
  }

  reload(): Promise<ReloadOutcome> {
    return this.#parts.reload();
  }

  readiness(): Readiness {
    return this.#parts.side.readiness();
  }

  killSwitch(order: KillSwitchOrder): Promise<KillSwitchReport> {
    return this.#parts.killSwitch.order(order);
  }

  async #featureStatus(feature: NormalizedFeature): Promise<FeatureStatus> {
    const reading = await this.#parts.controller.read(feature.name);
    const { reads } = reading.row;
    const comparisons = reading.evidence?.verdicts ?? nothingCompared;
    return {
      feature: feature.name,
      phase: reads.phase,
      percent: reads.percent,
      reads: describeReads(reads),
      routes: feature.routes.map(({ route }) => route),
      fingerprint: feature.fingerprint,
      readModel: readModelStatus(feature, this.#parts.capture, this.#parts.simple),
      comparisons,
      matchRate: matchRateOf(comparisons),
      legacyP95Ms: reading.evidence?.legacyP95Ms,
      candidateP95Ms: reading.evidence?.candidateP95Ms,
      gate: gateOf(reading),
    };
  }
}

function gateOf({ decision }: GateReading): FeatureStatus['gate'] {
  const { result, reason, progress, remaining } = decision;
  return { result, reason, progress, remaining };
}

function matchRateOf({ match, mismatch, error }: Readonly<Record<Verdict, number>>): number | undefined {
  const conclusive = match + mismatch + error;
  return conclusive === 0 ? undefined : match / conclusive;
}

function describeCapture(capture: Capture): CaptureStatus {
  const { state, received, applied, acknowledged, lag, error } = capture.status();
  return {
    state,
    received: received === undefined ? undefined : formatPosition(received),
    applied: applied === undefined ? undefined : formatPosition(applied),
    acknowledged: acknowledged === undefined ? undefined : formatPosition(acknowledged),
    lagBytes: lag?.bytes,
    lagSeconds: lag?.seconds,
    error,
  };
}
