import type { LegacyTlsSource } from '../src/config/connect-legacy.ts';
import type { ListenTls, PathPolicy, TrustRules } from '../src/config/edge-definition.ts';
import type { ProxyLimits } from '../src/config/limits.ts';
import type { TimeoutsDefinition } from '../src/config/timeouts.ts';
import type { Candidate } from '../src/kernel/candidate.ts';
import type { ExchangeSink } from '../src/kernel/exchange.ts';
import type { Log } from '../src/kernel/log.ts';
import type { RoutingSnapshot } from '../src/kernel/phase.ts';
import type { AppliedPosition, SourcePosition } from '../src/kernel/position.ts';
import type { Service } from '../src/kernel/service.ts';
import type { BreakerState } from './breaker.ts';
import type { BreakerOpening } from './breakers.ts';
import type { Fellows } from './fellows.ts';
import type { Explain } from './explain.ts';
import type { LoadStats } from './load.ts';
import type { RoutedFeature, RouteMatch } from './route-table.ts';
import type { SeenRequest } from './seen-request.ts';
import type { VisitorRules } from './visitor.ts';

export interface ProxyOptions {
  /** Origin of the legacy app; a path in it is refused, because targets are forwarded exactly as they come. */
  readonly legacy: URL;
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly features: readonly RoutedFeature[];
  readonly visitor: VisitorRules;
  /** Listens with a certificate, for HTTP/1.1 and HTTP/2. */
  readonly tls?: ListenTls | undefined;
  /** How a legacy at https is verified. Default: by the authorities that node knows, for the host of its URL. */
  readonly legacyTls?: LegacyTlsSource | undefined;
  /** Milliseconds between two looks at certificate files, besides being told of changes. Default 60,000. */
  readonly certificatePollMs?: number | undefined;
  /** Who is believed about where a request comes from. Default: nobody. */
  readonly trust?: TrustRules | undefined;
  /** The Host header legacy gets: the client's (`keep`, the default), legacy's own (`replace`), or this one. */
  readonly hostHeader?: string | undefined;
  /** The name under which the proxy adds itself to Via. Default: it does not. */
  readonly via?: string | undefined;
  /** Default `verbatim`. */
  readonly paths?: PathPolicy | undefined;
  /** An immutable snapshot, read once per request. */
  readonly routing: () => RoutingSnapshot;
  /** `version`: of the read model that the routing says serves; undefined where there is but one. */
  readonly candidate: (feature: string, version: number | undefined) => Candidate | undefined;
  readonly applied: (feature: string, version: number | undefined) => AppliedPosition | undefined;
  /** Whether a read may be about a row of the read model that is known to be wrong. Default: there are none. */
  readonly isParked?: ((read: VersionedRead) => boolean) | undefined;
  /** Without it no position of a write can be known, so nothing is ever served by a candidate. */
  readonly source: SourcePosition | undefined;
  /** Signs the fence cookie; the same in every proxy of a migration. */
  readonly fenceSecret: Uint8Array;
  /** Milliseconds a read may wait for the read model to reach the visitor's last write. */
  readonly fenceBudgetMs: number;
  /** Names the log that the source writes now, another after a failover; undefined: not known. Default: only one. */
  readonly sourceLog?: (() => string | undefined) | undefined;
  /** Milliseconds that a feature which has just entered canary is left with legacy. Default 0: no other proxy runs. */
  readonly entryGraceMs?: number | undefined;
  /** Whether the phases were heard of late, within `entryGraceMs` at least; else writes are noted in every phase. */
  readonly isRoutingFresh?: (() => boolean) | undefined;
  /** Other proxies that serve the same visitors on the same port. Default: there are none. */
  readonly fellows?: Fellows | undefined;
  /** Marks the fence cookie Secure; for proxies that are reached by https only. */
  readonly secureCookies?: boolean | undefined;
  readonly sink: ExchangeSink;
  /** Told of every opening of a breaker, so that it can be kept as evidence. Must not block. */
  readonly onBreakerOpen?: ((opening: BreakerOpening) => void) | undefined;
  /** Who is told, in `x-fig-reason`, why a side answered. Default: nobody. */
  readonly explain?: Explain | undefined;
  /** Told of every request that begins; must not throw. */
  readonly began?: (() => void) | undefined;
  /** Told of every finished request. */
  readonly observe: (seen: SeenRequest) => void;
  readonly log: Log;
  /** Largest body that is copied for the shadow. Default 1 MiB. */
  readonly captureLimitBytes?: number | undefined;
  /** What all bodies that are read for their GraphQL operation may take at once. Default 64 MiB. */
  readonly heldBodyBytes?: number | undefined;
  /** How long legacy may take for what. */
  readonly timeouts?: TimeoutsDefinition | undefined;
  /** Milliseconds that requests in flight, event streams and tunnels get to finish when the proxy stops. Default 5,000. */
  readonly stopGraceMs?: number | undefined;
  /** Milliseconds between `drain` and the end of listening, for load balancers to notice. Default 0. */
  readonly drainDelayMs?: number | undefined;
  /** Default: `defaultLimits`. */
  readonly limits?: ProxyLimits | undefined;
}

/** A read, and the version of the read model that is to answer it. */
export interface VersionedRead extends Pick<RouteMatch, 'feature' | 'route' | 'params'> {
  readonly version?: number | undefined;
}

export interface Proxy extends Service {
  readonly url: string;
  readonly port: number;
  /** Requests whose answer is not out yet; tunnels are not counted. */
  readonly inFlight: number;
  /** State of each feature's breaker. */
  breakers(): Readonly<Record<string, BreakerState>>;
  /** Reads the files of certificates again, as it happens by itself when they change. Never throws. */
  reloadCertificates(): void;
  /** From the beginning of its stop on. */
  readonly isDraining: boolean;
  load(): LoadStats;
  /** Changes what may change while requests are under way: each goes on with what it began with. */
  reconfigure(settings: LiveSettings): void;
}

export interface LiveSettings {
  readonly limits: ProxyLimits;
  readonly fenceBudgetMs: number;
  readonly drainDelayMs: number;
  readonly stopGraceMs: number;
}
