import type { BreakerState } from '../../../proxy/breaker.ts';
import type { BreakerOpening } from '../../../proxy/breakers.ts';
import type { LoadStats } from '../../../proxy/load.ts';
import type { LiveSettings } from '../../../proxy/proxy-options.ts';
import type { ShadowStats } from '../../../shadow/shadow-feed.ts';
import type { LegacyTlsSource } from '../../config/connect-legacy.ts';
import type { ListenTls } from '../../config/edge-definition.ts';
import type { ProxyLimits } from '../../config/limits.ts';
import type { ErrorCode } from '../../kernel/error-codes.ts';
import type { RoutingSnapshot } from '../../kernel/phase.ts';
import type { Position } from '../../kernel/position.ts';
import type { MetricsSnapshot } from '../../observe/metrics-snapshot.ts';
import type { TrafficDump } from '../../observe/traffic.ts';
import type { FromFellow, ToFellow } from './fence-messages.ts';

/** What a worker is to be; sent once, first. The limits are its share already. */
export interface ObserverJob {
  readonly kind: 'observe';
  readonly legacy: string;
  readonly host: string;
  readonly port: number;
  readonly tls: ListenTls | undefined;
  readonly legacyTls: LegacyTlsSource | undefined;
  readonly limits: ProxyLimits;
  readonly drainDelayMs: number;
  readonly stopGraceMs: number;
}

/** A worker that serves a migration. Handlers cannot be sent, so it reads the config file itself. */
export interface MigrationJob extends LiveSettings {
  readonly kind: 'migrate';
  readonly configFile: string;
  /** Of the config as the primary read it, see `fixedDigest`. */
  readonly digest: string;
  readonly host: string;
  readonly port: number;
  readonly storeUrl: string;
  /** Its share of what is compared. */
  readonly maxPerSecond: number;
  /** How many there are, who share the bounds of features. */
  readonly workers: number;
  readonly fenceSecret: Uint8Array;
  /** Whether the store has been heard; else `warm` follows. */
  readonly isWarm: boolean;
}

export type WorkerJob = ObserverJob | MigrationJob;

/** A version of a read model as the primary sees it. */
export interface ReadModelState {
  readonly key: string;
  /** As applied; undefined: it cannot be read. */
  readonly position: Position | undefined;
  /** Whether it is near enough to the source for users. */
  readonly isNear: boolean;
  readonly isReady: boolean;
  /** Keys that must not be read, and how often keys were parked. */
  readonly parked: readonly string[];
  readonly parkings: number;
}

export type ToProxyWorker =
  | { readonly type: 'start'; readonly job: WorkerJob }
  /** Answered by `report`. */
  | { readonly type: 'ask' }
  | { readonly type: 'reload-certificates' }
  | { readonly type: 'reconfigure'; readonly settings: LiveSettings }
  /** The store has been heard: candidates and shadow may start. */
  | { readonly type: 'warm'; readonly fenceSecret: Uint8Array }
  | { readonly type: 'routing'; readonly number: number; readonly routing: RoutingSnapshot }
  /** When the control store last confirmed the phases, by the machine's clock. */
  | { readonly type: 'store-heard'; readonly at: number }
  | { readonly type: 'read-models'; readonly log: string | undefined; readonly states: readonly ReadModelState[] }
  | { readonly type: 'fellow'; readonly message: ToFellow }
  /** Drain, report and exit. */
  | { readonly type: 'stop' };

/** Everything a worker knows of itself. */
export interface WorkerReport {
  readonly traffic: TrafficDump;
  readonly inFlight: number;
  readonly load: LoadStats;
  readonly metrics: MetricsSnapshot;
  readonly shadow: ShadowStats | undefined;
  readonly breakers?: Readonly<Record<string, BreakerState>> | undefined;
}

export type FromProxyWorker =
  /** It listens to messages. What is sent to a worker before is lost, because it loads its code asynchronously. */
  | { readonly type: 'ready' }
  /** It is about to serve, and must be told of everything that its fellows know. Answered by a `joined`. */
  | { readonly type: 'join' }
  | { readonly type: 'listening'; readonly url: string }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string; readonly remedy: string }
  | { readonly type: 'report'; readonly report: WorkerReport }
  | { readonly type: 'fellow'; readonly message: FromFellow }
  | { readonly type: 'opening'; readonly opening: BreakerOpening }
  | {
      readonly type: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly fields: object;
      readonly message: string;
    };
