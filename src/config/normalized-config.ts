import type { NormalizedCapture } from './capture-rules.ts';
import type { NormalizedCompareRules } from './compare-rules.ts';
import type { LegacyTlsSource } from './connect-legacy.ts';
import type { ListenTls, PathPolicy, TrustRules } from './edge-definition.ts';
import type { NormalizedDomainTopics } from './domain-topics-definition.ts';
import type { NormalizedEvents } from './events-definition.ts';
import type { QueryHandler } from './feature-definition.ts';
import type { NormalizedKeep } from './keep-rules.ts';
import type { ProxyLimits } from './limits.ts';
import type { AnyReadModelDefinition, CapturedReadModel } from './read-model-kinds.ts';
import type { NormalizedPublish } from './normalized-publish.ts';
import type { NormalizedReconcile } from './reconcile-rules.ts';
import type { NormalizedSample } from './sample-rules.ts';
import type { NormalizedShadowAsking } from './shadow-asking.ts';
import type { UpstreamTimeouts } from './timeouts.ts';

export interface NormalizedRoute {
  /** As written and as reported: `GET /api/orders/:id`. */
  readonly route: string;
  readonly method: string;
  readonly path: string;
  /** The parameter that holds the key of the read model; undefined: it may be about any key. */
  readonly key?: string | undefined;
  readonly when?: NormalizedConditions | undefined;
  /** A POST that is declared to read: what it asks is in its body. */
  readonly isQuery?: boolean | undefined;
}

export interface NormalizedConditions {
  readonly host?: string | undefined;
  readonly headers?: Readonly<Record<string, string | RegExp>> | undefined;
  readonly query?: Readonly<Record<string, string | RegExp>> | undefined;
  readonly graphql?: { readonly operation: string | RegExp | readonly string[] } | undefined;
}

export interface NormalizedCutover {
  readonly canary: readonly number[];
  readonly automatic: boolean;
  readonly dwellSeconds: number;
  readonly maxMismatchRate: number;
  readonly confidence: number;
  readonly maxLagSeconds: number;
  readonly maxLatencyRatio: number;
  readonly maxBreakerOpenings: number;
}

export interface NormalizedPrevious {
  readonly readModel: CapturedReadModel;
  readonly queries: ReadonlyMap<string, QueryHandler>;
  /** What the feature's was while this version was the only one. */
  readonly fingerprint: string;
}

export interface NormalizedFeature {
  readonly name: string;
  readonly routes: readonly NormalizedRoute[];
  readonly readModel: AnyReadModelDefinition | undefined;
  /** By the name of their route, as in `routes`. */
  readonly queries: ReadonlyMap<string, QueryHandler>;
  /** Another version of the read model that is kept beside this one, and what reads it. */
  readonly previous?: NormalizedPrevious | undefined;
  readonly candidateUrl: URL | undefined;
  readonly candidateTimeoutMs: number;
  readonly maxDeadLetters: number;
  readonly compare: NormalizedCompareRules;
  readonly cutover: NormalizedCutover;
  readonly shadow: NormalizedShadow;
  /** Undefined: fig compares nothing by itself, and the gate does not ask for it. */
  readonly reconcile?: NormalizedReconcile | undefined;
  /** Changes when handlers, read model, routes or rules change; evidence of another fingerprint does not count. */
  readonly fingerprint: string;
}

/** Which of a feature's reads are compared. */
export interface NormalizedShadow {
  /** Reads that are compared per second at most, besides the bound of all features; undefined: only that one. */
  readonly maxPerSecond: number | undefined;
  readonly sample: NormalizedSample;
  /** Tables of legacy that reads may write to. */
  readonly harmlessWrites: readonly string[];
  /** Questions are stored with both answers, redacted, where these differ. */
  readonly pairs: boolean;
}

export interface NormalizedConfig {
  readonly name: string;
  readonly listen: {
    readonly port: number;
    readonly host: string;
    readonly tls: ListenTls | undefined;
    readonly drainDelayMs: number;
    readonly stopGraceMs: number;
  };
  readonly limits: ProxyLimits;
  readonly shadow: { readonly maxPerSecond: number; readonly keep: NormalizedKeep } & NormalizedShadowAsking;
  readonly backfill: { readonly maxLoad: number };
  readonly capture: NormalizedCapture;
  readonly events: NormalizedEvents;
  /** Where domain events are published; undefined: nowhere. */
  readonly publish?: NormalizedPublish | undefined;
  readonly domainTopics?: NormalizedDomainTopics | undefined;
  readonly admin: { readonly port: number };
  readonly legacy: {
    readonly url: URL;
    /** The PostgreSQL database that read models are captured from; where legacy has another, the one it lands in. */
    readonly database: string | undefined;
    /** URL of the legacy database where that is MySQL or MariaDB. */
    readonly mysql: string | undefined;
    /** `keep`, `replace` or a host. */
    readonly host: string;
    readonly tls: LegacyTlsSource;
    readonly timeouts: UpstreamTimeouts;
  };
  readonly trust: TrustRules;
  readonly via: string | undefined;
  readonly paths: PathPolicy;
  readonly store: string | undefined;
  readonly visitor: {
    readonly cookie: string | undefined;
    readonly header: string | undefined;
    readonly jwt:
      | { readonly header: string | undefined; readonly cookie: string | undefined; readonly claim: string }
      | undefined;
  };
  readonly fenceBudgetMs: number;
  readonly explain: 'never' | 'on-request' | 'always';
  readonly features: readonly NormalizedFeature[];
}
