import type { Knex } from 'knex';
import { allVersions, type FeatureVersion } from '../config/feature-versions.ts';
import type { NormalizedConfig, NormalizedFeature } from '../config/normalized-config.ts';
import type { CutoverController } from '../cutover/controller.ts';
import type { GateReading, PromoteOrder, RollbackOrder } from '../cutover/ports.ts';
import { FigError } from '../kernel/fig-error.ts';
import { describeReads, type RoutingSnapshot } from '../kernel/phase.ts';
import { formatPosition } from '../kernel/position.ts';
import type { Metrics } from '../observe/metrics.ts';
import type {
  FeatureStatus,
  FigControl,
  KillSwitchOrder,
  KillSwitchReport,
  Readiness,
  ReconcileReport,
  ReconcileRequest,
  ReconcileTools,
  ReloadOutcome,
  QuarantineDesk,
  StatusReport,
  TransitionOutcome,
  VerificationReport,
} from './control.ts';
import type { CaptureStatus } from './following/capture-status.ts';
import type { CaptureView, SimpleView } from './following/capture-view.ts';
import type { DeadLetterDesk } from './dead-letter-reports.ts';
import { createDeadLetterDesk } from './dead-letter-desk.ts';
import { publishedAsFeature } from './following/published-model.ts';
import { expiringRules } from './reports/expiring-rules.ts';
import type { FeatureReport } from './reports/feature-report.ts';
import { matchRateOf, nothingCompared, reportFeature } from './reports/report-feature.ts';
import { GroupFindings } from './reports/group-findings.ts';
import { createQuarantineDesk, quarantineReports } from './quarantine-desk.ts';
import type { LocalKillSwitch } from './kill-switch/kill-switch.ts';
import { readModelStatus } from './deciding/gate-health.ts';
import type { Reconciliations } from './reconciling/reconciliations.ts';
import type { ProxySide } from './serving/proxy-side.ts';
import type { EventTail } from './tail/event-tail.ts';
import { askStore, askStoreSoon } from './starting/store-presence.ts';
import { verifyFeature } from './reconciling/verify-feature.ts';
import type { ReadModelDesk } from './control.ts';
import type { ServingVersions } from './versions/serving-versions.ts';
import type { VersionDesk } from './versions/version-desk.ts';

export interface ControlParts {
  readonly config: NormalizedConfig;
  readonly version: string;
  readonly startedAt: string;
  readonly addresses: StatusReport['addresses'];
  readonly store: Knex;
  /** The pool that projections use. */
  readonly target: Knex;
  readonly controller: CutoverController;
  readonly capture: CaptureView | undefined;
  readonly simple: SimpleView;
  readonly side: ProxySide;
  readonly reconciliations: Reconciliations;
  readonly versions: ServingVersions;
  readonly desk: VersionDesk;
  /** Reads the gates of versions that do not serve. */
  readonly waiting: CutoverController;
  readonly reload: () => Promise<ReloadOutcome>;
  readonly metrics: Metrics;
  readonly killSwitch: LocalKillSwitch;
  /** Of a migration that runs in several processes. */
  readonly processes?: (() => StatusReport['processes']) | undefined;
  /** Where changes travel by topics. */
  readonly transport?: (() => Promise<StatusReport['transport']>) | undefined;
  /** Where events come by topics, or are published. */
  readonly events?: (() => Promise<StatusReport['events']>) | undefined;
  /** The phases that are in force. */
  readonly routing: () => RoutingSnapshot;
  readonly tail: EventTail;
}

/** What the front ends may ask of a running migration. */
export class MigrationControl implements FigControl {
  readonly #parts: ControlParts;
  readonly #deadLetters: DeadLetterDesk;
  readonly #findings: GroupFindings;

  constructor(parts: ControlParts) {
    this.#parts = parts;
    this.#findings = new GroupFindings(parts.store);
    this.#deadLetters = createDeadLetterDesk(parts.store, [
      ...allVersions(parts.config.features),
      ...publishedAsFeature(parts.config),
    ]);
  }

  /** Also while the store is away: then with the last known phases, and nothing of what was compared. */
  async status(): Promise<StatusReport> {
    const { config, version, startedAt, addresses, store, capture, side, killSwitch, processes } = this.#parts;
    const asked = Promise.all([
      Promise.all(config.features.map((feature) => this.#featureStatus(feature))),
      this.#parts.transport?.(),
      this.#parts.events?.(),
    ]);
    let storeError: string | undefined;
    const [features, transport, events] = await askStoreSoon(store, asked).catch((error: unknown) => {
      if (!(error instanceof FigError) || error.code !== 'FIG_STORE_UNREACHABLE') throw error;
      storeError = error.message;
      return [
        config.features.map((feature) => this.#lastKnownStatus(feature, error.message)),
        undefined,
        undefined,
      ] as const;
    });
    return {
      name: config.name,
      version,
      startedAt,
      mode: 'migration',
      addresses,
      killSwitch: killSwitch.report(),
      capture: capture && describeCapture(capture),
      ...(transport && { transport }),
      ...(events && { events }),
      features,
      ...(storeError !== undefined && { storeError }),
      ...(processes && { processes: processes() }),
      ...(await side.view()),
    };
  }

  async report(name: string): Promise<FeatureReport> {
    return askStore(this.#parts.store, this.#report(this.#parts.versions.named(name)));
  }

  async #report(feature: FeatureVersion): Promise<FeatureReport> {
    const { versions, controller, waiting } = this.#parts;
    const serves = versions.serving(feature.name).key === feature.key;
    const reading = await (serves ? controller : waiting).read(feature.name);
    const { shadow } = await this.#parts.side.view();
    const seen = shadow?.sample?.features[feature.name];
    return reportFeature(this.#parts.store, feature, reading, { findings: this.#findings, seen });
  }

  promote(feature: string, request: PromoteOrder): Promise<TransitionOutcome> {
    return askStore(this.#parts.store, this.#parts.controller.promote(feature, request));
  }

  rollback(feature: string, request: RollbackOrder): Promise<TransitionOutcome> {
    return askStore(this.#parts.store, this.#parts.controller.rollback(feature, request));
  }

  async reconcile(name: string, request: ReconcileRequest, tools: ReconcileTools): Promise<ReconcileReport> {
    return this.#parts.reconciliations.run(this.#parts.versions.named(name), request, tools);
  }

  deadLetters(): DeadLetterDesk {
    return this.#deadLetters;
  }

  quarantine(): QuarantineDesk {
    const { store } = this.#parts;
    const desk = createQuarantineDesk(store);
    return { list: () => askStore(store, desk.list()), lift: (order) => askStore(store, desk.lift(order)) };
  }

  async verifyModel(name: string, { sample }: { readonly sample: number }): Promise<VerificationReport> {
    return verifyFeature(this.#parts.target, this.#parts.versions.named(name), sample);
  }

  readonly tail: EventTail = (request, reader) => this.#parts.tail(request, reader);

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

  readModels(): ReadModelDesk {
    const { store, desk } = this.#parts;
    return {
      list: () => askStore(store, desk.list()),
      swap: (feature, order) => askStore(store, desk.swap(feature, order)),
      back: (feature, order) => askStore(store, desk.back(feature, order)),
      drop: (feature, order) => askStore(store, desk.drop(feature, order)),
    };
  }

  async #featureStatus({ name }: NormalizedFeature): Promise<FeatureStatus> {
    const { versions, desk } = this.#parts;
    const feature = versions.serving(name);
    const all = versions.waiting(name) && (await desk.of(name));
    const reading = await this.#parts.controller.read(feature.name);
    const { reads } = reading.row;
    const comparisons = reading.evidence?.verdicts ?? nothingCompared;
    const readModel = readModelStatus(feature, this.#parts.capture, this.#parts.simple);
    return {
      feature: feature.name,
      phase: reads.phase,
      percent: reads.percent,
      reads: describeReads(reads),
      routes: feature.routes.map(({ route }) => route),
      fingerprint: feature.fingerprint,
      readModel: readModel && { ...readModel, reconciliation: await this.#parts.reconciliations.status(feature) },
      ...(all && { versions: all }),
      quarantined: await quarantineReports(this.#parts.store, name),
      expiring: expiringRules([feature], Date.now()),
      comparisons,
      matchRate: matchRateOf(comparisons),
      legacyP95Ms: reading.evidence?.legacyP95Ms,
      candidateP95Ms: reading.evidence?.candidateP95Ms,
      gate: gateOf(reading),
    };
  }

  #lastKnownStatus({ name }: NormalizedFeature, why: string): FeatureStatus {
    const feature = this.#parts.versions.serving(name);
    const reads = this.#parts.routing().features.get(feature.name)?.reads ?? { phase: 'legacy', percent: 0 };
    return {
      feature: feature.name,
      phase: reads.phase,
      percent: reads.percent,
      reads: describeReads(reads),
      routes: feature.routes.map(({ route }) => route),
      fingerprint: feature.fingerprint,
      readModel: readModelStatus(feature, this.#parts.capture, this.#parts.simple),
      comparisons: nothingCompared,
      matchRate: undefined,
      legacyP95Ms: undefined,
      candidateP95Ms: undefined,
      gate: { result: 'INCONCLUSIVE', reason: why, progress: 0, remaining: undefined },
    };
  }
}

function gateOf({ decision }: GateReading): FeatureStatus['gate'] {
  const { result, reason, progress, remaining } = decision;
  return { result, reason, progress, remaining };
}

function describeCapture(capture: CaptureView): CaptureStatus {
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
