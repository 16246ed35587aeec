import type { CaptureStatus } from './following/capture-status.ts';
import type { PromoteOrder, RollbackOrder } from '../cutover/ports.ts';
import type { DeadLetterDesk } from './dead-letter-reports.ts';
import type { Verdict } from '../kernel/verdict.ts';
import type { EventsStatus } from './events/events-status.ts';
import type { ExpiringRule } from './reports/expiring-rules.ts';
import type { FeatureReport, QuarantineReport } from './reports/feature-report.ts';
import type { ReadPhase } from '../kernel/phase.ts';
import type { Reconciliation, ReconciliationState } from '../store/reconciliation-store.ts';
import type { EventTail } from './tail/event-tail.ts';
import type { TrafficStatus } from './serving/traffic-status.ts';
import type { TransportStatus } from './transport/transport-status.ts';

/** What the admin server and the command line may ask of a running fig, and the shapes of the answers (also `--json`). */
export interface FigControl {
  status(): Promise<StatusReport>;
  /** Throws FIG_UNKNOWN_FEATURE. */
  report(feature: string): Promise<FeatureReport>;
  /** Moves reads one step forward. A refusal is a result, not an error. Throws FIG_UNKNOWN_FEATURE, FIG_WHY_REQUIRED. */
  promote(feature: string, request: PromoteOrder): Promise<TransitionOutcome>;
  /** Sends reads back. Works from every phase. Throws FIG_UNKNOWN_FEATURE, FIG_WHY_REQUIRED. */
  rollback(feature: string, request: RollbackOrder): Promise<TransitionOutcome>;
  /**
   * Compares a feature's read model with the legacy database. Throws FIG_UNKNOWN_FEATURE, FIG_RECONCILE_REFUSED,
   * FIG_RECONCILE_FAILED.
   */
  reconcile(feature: string, request: ReconcileRequest, tools: ReconcileTools): Promise<ReconcileReport>;
  /** Sends all reads of every proxy to legacy, or hands them back to the phases. Works without the control store. */
  killSwitch(order: KillSwitchOrder): Promise<KillSwitchReport>;
  /** What read models could not digest. Throws FIG_STORE_UNREACHABLE while the store has not answered. */
  deadLetters(): DeadLetterDesk;
  /** Versions of read models, and which of them serves. Throws FIG_STORE_UNREACHABLE while the store has not answered. */
  readModels(): ReadModelDesk;
  /** Routes whose reads write to legacy. Throws FIG_STORE_UNREACHABLE while the store has not answered. */
  quarantine(): QuarantineDesk;
  /** Builds sampled keys anew and compares. Throws FIG_UNKNOWN_FEATURE, FIG_READ_MODEL_NOT_READY. */
  verifyModel(feature: string, request: { readonly sample: number }): Promise<VerificationReport>;
  /** Shows changes as they go through. */
  readonly tail: EventTail;
  /** Text exposition of all metrics. */
  metrics(): Promise<string>;
  /** Reads the config file again. Throws FIG_RELOAD_REFUSED, FIG_CONFIG_*; then everything stays as it was. */
  reload(): Promise<ReloadOutcome>;
  /** Whether new traffic should come here. Cheap enough for a probe every second. */
  readiness(): Readiness;
}

export interface QuarantineDesk {
  list(): Promise<{ readonly routes: readonly QuarantineReport[] }>;
  /** For good: a route that was lifted does not come back. Throws FIG_NOT_QUARANTINED, FIG_WHY_REQUIRED. */
  lift(order: LiftOrder): Promise<QuarantineReport>;
}

export interface LiftOrder {
  readonly feature: string;
  readonly route: string;
  readonly who: string;
  readonly why: string;
}

/** What front ends may ask about versions of read models, and have done to them. Orders are kept in the audit. */
export interface ReadModelDesk {
  list(): Promise<{ readonly readModels: readonly VersionReport[] }>;
  /**
   * Lets the new version serve, if it is proven. A refusal is a result, not an error. Throws FIG_UNKNOWN_FEATURE,
   * FIG_WHY_REQUIRED.
   */
  swap(feature: string, order: SwapOrder): Promise<TransitionOutcome>;
  /** Lets the version before serve again, at once. Throws FIG_UNKNOWN_FEATURE. */
  back(feature: string, order: VersionOrder): Promise<TransitionOutcome>;
  /** Takes a version out of the store. Throws FIG_UNKNOWN_FEATURE, FIG_VERSION_IN_USE, FIG_UNKNOWN_VERSION. */
  drop(feature: string, order: DropOrder): Promise<DropOutcome>;
}

export interface VersionOrder {
  readonly who: string;
  readonly why?: string | undefined;
}

export interface SwapOrder extends VersionOrder {
  /** Passes over the gate, never over a read model that is not ready; `why` is then required. */
  readonly force?: boolean | undefined;
}

export interface DropOrder extends VersionOrder {
  readonly version: number;
}

export interface DropOutcome {
  readonly feature: string;
  readonly readModel: string;
  readonly version: number;
}

/** One version of a feature's read model. */
export interface VersionReport extends ReadModelStatus {
  readonly feature: string;
  readonly serves: boolean;
  /** Whether the config has it. One that it does not have is not kept in step, and can be dropped. */
  readonly declared: boolean;
  /** Since when it serves, in ISO 8601, and who saw to that. */
  readonly since?: string | undefined;
  readonly who?: string | undefined;
  /** Log position of its rows, as PostgreSQL prints it; undefined while it cannot be read. */
  readonly position: string | undefined;
  readonly lagSeconds: number | undefined;
  /** What was compared of it in the present step, and what the gate of that step says. Of one that does not serve. */
  readonly comparisons?: FeatureStatus['comparisons'] | undefined;
  readonly gate?: FeatureStatus['gate'] | undefined;
}

export interface VerificationReport {
  readonly feature: string;
  readonly readModel: string;
  /** Where both sides of the comparison stood, as PostgreSQL prints it. */
  readonly position: string;
  readonly checked: number;
  /** Keys that are parked, which are known to be wrong and left out. */
  readonly parked: number;
  readonly differences: readonly {
    readonly key: string;
    /** `missing`: built, not stored. `extra`: stored, not built. */
    readonly kind: 'missing' | 'extra' | 'different';
    readonly columns: readonly string[];
    /** Legacy rows whose change should have marked the key as dirty. Undefined: not looked for, after the first ten. */
    readonly causes?:
      | readonly { readonly source: string; readonly sourceKey: readonly string[]; readonly isNamedNow: boolean }[]
      | undefined;
  }[];
  /** Keys that cannot be built now; the message is without values. */
  readonly failed: readonly { readonly key: string; readonly code: string; readonly message: string }[];
}

export interface ReloadOutcome {
  /** Keys of the config that are in force with their new values; empty when the file says what it said before. */
  readonly changed: readonly string[];
  /** Where a migration runs in several processes: how each of them took it, this one included. */
  readonly elsewhere?:
    | readonly {
        readonly role: ProcessReport['role'];
        readonly host: string;
        readonly pid: number;
        /** `silent`: it has not answered within 5 s. */
        readonly state: 'done' | 'refused' | 'silent';
        readonly reason?: string | undefined;
      }[]
    | undefined;
}

export interface Readiness {
  readonly ready: boolean;
  /** `degraded`: some workers are down, the others serve. */
  readonly state: 'serving' | 'degraded' | 'draining' | 'down';
  /** One sentence. */
  readonly reason: string;
  readonly workers?: { readonly serving: number; readonly wanted: number } | undefined;
}

/** What the proxy has taken on, and what it turned away since the start, by reason. */
export interface LoadStatus {
  readonly connections: number;
  readonly streams: number;
  readonly upstreamBusy: number;
  readonly upstreamWaiting: number;
  readonly refused: Readonly<Record<string, number>>;
  /** Process ids of the workers that serve; undefined when the proxy runs in the process of the admin server. */
  readonly workers?: readonly number[] | undefined;
}

export interface ReconcileRequest {
  /** Puts right what differs. */
  readonly repair: boolean;
  /** Only this legacy table. */
  readonly source?: string | undefined;
}

export interface ReconcileProgress {
  /** Legacy table, or the read model itself. */
  readonly part: string;
  readonly done: number;
  readonly total: number;
}

export interface ReconcileTools {
  readonly onProgress: (progress: ReconcileProgress) => void;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

export interface ReconcileReport extends Reconciliation {
  readonly feature: string;
  readonly readModel: string;
  /** A few words. */
  readonly summary: string;
}

/** The last comparison of a read model with legacy. */
export interface ReconciliationStatus {
  readonly state: ReconciliationState;
  /** ISO 8601. */
  readonly finishedAt: string;
  /** A few words. */
  readonly summary: string;
}

export interface KillSwitchOrder {
  readonly on: boolean;
  readonly who: string;
  readonly why?: string | undefined;
}

export interface KillSwitchReport {
  readonly on: boolean;
  readonly who?: string | undefined;
  readonly why?: string | undefined;
  /** ISO 8601. */
  readonly at?: string | undefined;
  /** After an order: whether the control store, and with it every other proxy, was told. */
  readonly told?: boolean | undefined;
}

export type GateResult = 'PASS' | 'FAIL' | 'INCONCLUSIVE';

export interface TransitionOutcome {
  readonly feature: string;
  readonly moved: boolean;
  /** `shadow`, `canary 5%`. */
  readonly from: string;
  readonly to: string;
  readonly gate: GateResult | undefined;
  /** One sentence: why it moved, or why not. */
  readonly reason: string;
}

/** One process of a migration that runs in several. */
export interface ProcessReport {
  readonly id: string;
  readonly role: 'up' | 'proxy' | 'sync' | 'capture' | 'project' | 'control';
  readonly host: string;
  readonly pid: number;
  /** Of fig. */
  readonly version: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly seenSecondsAgo: number;
  /** `gone`: it gave no sign of life for 5 s, and did not end in order. */
  readonly state: Readiness['state'] | 'gone';
  /** One sentence. */
  readonly reason?: string | undefined;
  /** False: features, read models or visitors are declared otherwise there than here. */
  readonly hasSameConfig: boolean;
  /** Where it serves users. */
  readonly proxy?: string | undefined;
  /** URL of its admin server. */
  readonly admin?: string | undefined;
  /** That it has served. */
  readonly requests?: number | undefined;
}

export interface StatusReport {
  readonly name: string;
  readonly version: string;
  readonly startedAt: string;
  readonly mode: 'migration' | 'observe';
  readonly addresses: { readonly proxy: string; readonly legacy: string; readonly admin: string };
  /** Undefined in a status from before there was one. */
  readonly killSwitch?: KillSwitchReport | undefined;
  /** Why nothing is known of what was compared, and phases are the last known ones: the control store is away, or not for this version. */
  readonly storeError?: string | undefined;
  /** Present where a migration runs in several processes: then traffic, load and shadow are sums over those that live. */
  readonly processes?: readonly ProcessReport[] | undefined;
  /** State of each feature's breaker in this proxy. */
  readonly breakers?: Readonly<Record<string, 'closed' | 'open' | 'half-open'>> | undefined;
  readonly capture: CaptureStatus | undefined;
  /** Absent where changes travel by no topic, and while the control store is away. */
  readonly transport?: TransportStatus | undefined;
  /** Absent where events neither come by topics nor are published, and while the control store is away. */
  readonly events?: EventsStatus | undefined;
  readonly features: readonly FeatureStatus[];
  readonly traffic: TrafficStatus;
  readonly load?: LoadStatus | undefined;
  readonly shadow: ShadowStatus | undefined;
}

export interface ReadModelStatus {
  readonly name: string;
  readonly version: number;
  readonly state: 'waiting' | 'copying' | 'building' | 'ready' | 'paused' | 'failed';
  /** 0 to 1 while copying or building. */
  readonly progress: number;
  readonly rows: number | undefined;
  /** What of it could not be built. Absent in a status from before it was counted. */
  readonly deadLetters?: number | undefined;
  readonly error: string | undefined;
  /** Undefined: it was never compared with legacy. */
  readonly reconciliation?: ReconciliationStatus | undefined;
  /** Of one that is loaded in batches. */
  readonly batch?: BatchStatus | undefined;
  /** Of one that is made of topics of events. */
  readonly topics?: TopicsStatus | undefined;
}

export interface TopicsStatus {
  /** Messages that are not read yet. */
  readonly behind: number;
  /** Since everything that the topics had was read; undefined: it never was. */
  readonly lagSeconds: number | undefined;
  /** Events that came again and were left out. */
  readonly repeats: number;
  /** Whether the process that was asked is the one that reads. */
  readonly isOwner: boolean;
}

/** Times in ISO 8601. */
export interface BatchStatus {
  /** When the load began that gave the present rows; every write from before it is in them. */
  readonly loadedFrom: string | undefined;
  /** Undefined while a load is under way, and when one is due at once. */
  readonly nextAt: string | undefined;
  readonly loadingSince: string | undefined;
  /** Loads that failed since the last that did not. */
  readonly failures: number;
}

export interface FeatureStatus {
  readonly feature: string;
  readonly phase: ReadPhase;
  readonly percent: number;
  /** `canary 5%` */
  readonly reads: string;
  readonly routes: readonly string[];
  readonly fingerprint: string;
  /** Of the version that serves. */
  readonly readModel: ReadModelStatus | undefined;
  /** All declared ones, the one that serves first; absent where there is but one. */
  readonly versions?: readonly VersionReport[] | undefined;
  /** Absent in a status from before there were any. */
  readonly quarantined?: readonly QuarantineReport[] | undefined;
  /** Comparison rules that expire soon and then fail the gate. Absent in a status from before they were told. */
  readonly expiring?: readonly ExpiringRule[] | undefined;
  readonly comparisons: Readonly<Record<Verdict, number>>;
  /** Share of match among match + mismatch + error, 0 to 1; undefined without any. */
  readonly matchRate: number | undefined;
  readonly legacyP95Ms: number | undefined;
  readonly candidateP95Ms: number | undefined;
  readonly gate: {
    readonly result: GateResult;
    /** Answers "why not promoted?" in one sentence. */
    readonly reason: string;
    /** Progress of the proof, 0 to 1. */
    readonly progress: number;
    /** Further clean comparisons needed; undefined when it cannot pass that way. */
    readonly remaining: number | undefined;
  };
}

export interface ShadowStatus {
  /** Questions that may be compared per second at present; fewer than configured while users would have to wait. */
  readonly perSecond: number;
  readonly queued: number;
  readonly queuedBytes: number;
  readonly compared: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly workerRestarts: number;
  /** Absent in a status from before it was counted. Since the start. */
  readonly sample?:
    | {
        /** Reads that could have been compared, and those that were chosen to be. */
        readonly features: Readonly<Record<string, { readonly asked: number; readonly chosen: number }>>;
        /** Reads without a visitor's name, where visitors are sampled. */
        readonly unnamed: number;
      }
    | undefined;
}
