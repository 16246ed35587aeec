import type { Knex } from 'knex';
import type { CursorRules } from './cursor-rules.ts';
import type { LegacyCacheRule } from './legacy-cache-rule.ts';
import type { AnyReadModelDefinition, CapturedReadModel } from './read-model-kinds.ts';
import type { ReconcileRules } from './reconcile-rules.ts';

export interface QueryInput {
  readonly params: Readonly<Record<string, string>>;
  /** The first value of each query parameter; see `search` for repeated ones. */
  readonly query: Readonly<Record<string, string>>;
  readonly search: URLSearchParams;
  /** The first value of each header, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** What a GraphQL request asks for; undefined for any other. */
  readonly graphql?: GraphqlInput | undefined;
  /** Reads the read model's tables. Every connection is read-only. */
  readonly db: Knex;
}

/** As the request has them. Which fields are asked for is the document's to say, and differs between clients. */
export interface GraphqlInput {
  readonly operation: string;
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** An answer with a status or headers of its own; a handler that returns anything else answers 200 with it as JSON. */
export class Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** `return reply(404, { error: 'order not found' })` */
export function reply(status: number, body: unknown, headers?: Readonly<Record<string, string>>): Reply {
  return new Reply(status, body, headers);
}

export type QueryHandler = (input: QueryInput) => unknown;

export interface CompareRules {
  /**
   * Paths (a JSONPath subset: `$.a.b`, `$.items[*].x`, `$['odd name']`) that are not compared. Bodies of other types have
   * paths too: `$.html.body.div[2].p[0]`, `$.rss.channel[0].item[*]`, `$.rows[*].total`; see docs/bodies.md.
   */
  readonly ignore?: readonly string[] | undefined;
  /** Arrays whose elements are paired by a key, in any order: path to key name. Of others the order is compared. */
  readonly keyed?: Readonly<Record<string, string>> | undefined;
  /** Greatest absolute difference of two numbers (or numeric strings) that still counts as equal. */
  readonly tolerance?: Readonly<Record<string, number>> | undefined;
  /** Paths where any difference fails the gate at once. */
  readonly critical?: readonly string[] | undefined;
  /** Paths whose values are personal: stored only as keyed hashes, which keep equality visible. */
  readonly redact?: readonly string[] | undefined;
  /** Response headers that are compared, by what they mean where that is known. Default: content-type. */
  readonly headers?: readonly string[] | undefined;
  /**
   * Tokens for another page, by their place in the answer, to the query parameter that they are asked with:
   * `{ '$.next': 'cursor' }`. They are not compared, and each side is asked with its own. A place may hold an address.
   */
  readonly cursors?: CursorRules | undefined;
  /**
   * How long legacy may answer from a cache of its own: `'60s'`, or by route `{ 'GET /api/orders': '60s' }`. Before a
   * mismatch is said, so long is waited and legacy asked again.
   */
  readonly legacyCache?: LegacyCacheRule | undefined;
}

export interface CutoverPolicy {
  readonly reads?:
    | {
        /** Shares of visitors, rising, that the candidate serves step by step. Default 1, 5, 25, 50. */
        readonly canary?: readonly number[] | undefined;
        /** Whether the canary steps follow each other by themselves when the gate passes. Default true. */
        readonly automatic?: boolean | undefined;
        /** Seconds that a step lasts at least. Default 60. */
        readonly dwellSeconds?: number | undefined;
      }
    | undefined;
  /** Share of answers that may differ, 0 to 1, exclusive. Default 0.001. */
  readonly maxMismatchRate?: number | undefined;
  /** Confidence of the gate, 0 to 1, exclusive. Default 0.95. */
  readonly confidence?: number | undefined;
  /** Greatest lag of the read model, in seconds. Default 5. */
  readonly maxLagSeconds?: number | undefined;
  /** Greatest ratio of the candidate's p95 latency to legacy's. Default 1.5; not asked while the candidate's is under 50 ms. */
  readonly maxLatencyRatio?: number | undefined;
  /** How often the breaker of one proxy may open in one step; once more and reads go back. Default 2. */
  readonly maxBreakerOpenings?: number | undefined;
}

/** A route that only requests belong to which carry more than its method and path. */
export interface RouteDefinition {
  /** `GET /api/orders`; with `graphql`, `POST /graphql` */
  readonly route: string;
  /** Name without a port; `*.example.com` stands for every name below it. */
  readonly host?: string | undefined;
  /** By name: the whole value, or an expression. A header that comes twice matches nothing. */
  readonly headers?: Readonly<Record<string, string | RegExp>> | undefined;
  /** By name of the query parameter, decoded: the whole value, or an expression. One that comes twice matches nothing. */
  readonly query?: Readonly<Record<string, string | RegExp>> | undefined;
  /** Declares that a POST reads: the GraphQL query whose name is this one, one of these, or matches this expression. */
  readonly graphql?: { readonly operation: string | RegExp | readonly string[] } | undefined;
}

/** The version that the present one is to take the place of: both are kept in step, and one of them serves. */
export interface PreviousDefinition {
  /** The same read model with a lower version, as it was while it served alone. */
  readonly readModel: CapturedReadModel;
  /** The handlers that read it, for the same routes. Default: those of the feature. */
  readonly queries?: Readonly<Record<string, QueryHandler>> | undefined;
}

export interface FeatureDefinition {
  readonly name: string;
  readonly readModel?: AnyReadModelDefinition | undefined;
  /** The version that serves until `fig read-models swap` gives its place to the present one, and the way back after that. */
  readonly previous?: PreviousDefinition | undefined;
  /** Route (`GET /api/orders/:id`) to the handler that answers it from the read model. */
  readonly queries?: Readonly<Record<string, QueryHandler>> | undefined;
  /** The same for GraphQL: route (`POST /graphql`) to the handlers of its queries by their operation's name. */
  readonly operations?: Readonly<Record<string, Readonly<Record<string, QueryHandler>>>> | undefined;
  /** Instead of `queries` and `operations`: routes that a service at `candidate` answers. */
  readonly routes?: readonly (string | RouteDefinition)[] | undefined;
  /** URL of an HTTP service that answers `routes`. */
  readonly candidate?: string | undefined;
  /** Milliseconds the candidate has to answer a user before legacy does. Default 1000. */
  readonly candidateTimeoutMs?: number | undefined;
  /**
   * Routes that are about one key of the read model, to the parameter that holds it: `{ 'GET /api/orders/:id': 'id' }`.
   * When a key cannot be built, these go to legacy for that key only, all other routes of the feature for any.
   */
  readonly keyedBy?: Readonly<Record<string, string>> | undefined;
  readonly deadLetters?:
    | {
        /** With more keys than these that cannot be built, the read model as a whole is not read from. Default 100. */
        readonly max?: number | undefined;
      }
    | undefined;
  readonly compare?: CompareRules | undefined;
  readonly cutover?: CutoverPolicy | undefined;
  /** How a captured read model is compared with the legacy database; `false`: not unless somebody asks for it. */
  readonly reconcile?: ReconcileRules | false | undefined;
}

/** Declares a feature: the unit that is migrated. */
export function defineFeature(definition: FeatureDefinition): FeatureDefinition {
  return Object.freeze({ ...definition });
}
