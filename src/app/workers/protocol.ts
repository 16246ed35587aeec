import type { LoadStats } from '../../../proxy/load.ts';
import type { ShadowStats } from '../../../shadow/shadow-feed.ts';
import type { LegacyTlsSource } from '../../config/connect-legacy.ts';
import type { ListenTls } from '../../config/edge-definition.ts';
import type { ProxyLimits } from '../../config/limits.ts';
import type { ErrorCode } from '../../kernel/error-codes.ts';
import type { MetricsSnapshot } from '../../observe/metrics-snapshot.ts';
import type { TrafficDump } from '../../observe/traffic.ts';

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

export type ToProxyWorker =
  | { readonly type: 'start'; readonly job: ObserverJob }
  /** Answered by `report`. */
  | { readonly type: 'ask' }
  | { readonly type: 'reload-certificates' }
  /** Drain, report and exit. */
  | { readonly type: 'stop' };

/** Everything a worker knows of itself. */
export interface WorkerReport {
  readonly traffic: TrafficDump;
  readonly inFlight: number;
  readonly load: LoadStats;
  readonly metrics: MetricsSnapshot;
  readonly shadow: ShadowStats | undefined;
}

export type FromProxyWorker =
  /** It listens to messages. What is sent to a worker before is lost, because it loads its code asynchronously. */
  | { readonly type: 'ready' }
  | { readonly type: 'listening'; readonly url: string }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string; readonly remedy: string }
  | { readonly type: 'report'; readonly report: WorkerReport }
  | {
      readonly type: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly fields: object;
      readonly message: string;
    };
