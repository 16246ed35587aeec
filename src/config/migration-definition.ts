import type { ShadowAsking } from './shadow-asking.ts';
import type { CaptureRules } from './capture-rules.ts';
import type { KeepRules } from './keep-rules.ts';
import type { LegacyTlsSource } from './connect-legacy.ts';
import type { ListenTls, PathPolicy, TrustRules } from './edge-definition.ts';
import type { DomainTopicsDefinition } from './domain-topics-definition.ts';
import type { EventsDefinition } from './events-definition.ts';
import type { FeatureDefinition } from './feature-definition.ts';
import type { ShadowDefinition } from './sample-rules.ts';
import type { TimeoutsDefinition } from './timeouts.ts';
import type { LimitsDefinition } from './limits.ts';

export interface VisitorDefinition {
  /** Cookie whose value tells visitors apart (a session id). Only a hash of it is ever kept. */
  readonly cookie?: string | undefined;
  /** Header whose value tells visitors apart. Default: Authorization, then address and user agent. */
  readonly header?: string | undefined;
  /**
   * A JSON Web Token one of whose claims tells visitors apart; asked first. Its signature is not checked, because the
   * claim only chooses a side. Default: the claim `sub` of the Authorization header.
   */
  readonly jwt?:
    | {
        readonly header?: string | undefined;
        readonly cookie?: string | undefined;
        readonly claim?: string | undefined;
      }
    | undefined;
}

export interface MigrationDefinition {
  /** Lower case letters, digits and underscores; names the replication slot and the publication. Default `main`. */
  readonly name?: string | undefined;
  readonly listen?:
    | {
        readonly port?: number | undefined;
        readonly host?: string | undefined;
        /** Certificate and key; with them the proxy speaks https, HTTP/1.1 and HTTP/2. */
        readonly tls?: ListenTls | undefined;
        /** Milliseconds between readiness turning red and the end of listening, for load balancers to notice. Default 0. */
        readonly drainDelayMs?: number | undefined;
        /** Milliseconds that requests, event streams and tunnels get to end by themselves at a stop. Default 5,000. */
        readonly stopGraceMs?: number | undefined;
      }
    | undefined;
  /** What the proxy takes on before it says no; the defaults are in docs/operating.md. */
  readonly limits?: LimitsDefinition | undefined;
  /** Which reads are compared; a feature may say otherwise for its own. */
  readonly shadow?:
    | (ShadowDefinition &
        ShadowAsking & {
          /** How long evidence of an earlier config is kept, and how much of it. */
          readonly keep?: KeepRules | undefined;
        })
    | undefined;
  readonly backfill?:
    | {
        /** Copying rests while legacy takes this many times as long for a row as it did at best. Default 4. */
        readonly maxLoad?: number | undefined;
      }
    | undefined;
  /** How changes of the legacy database are taken up; the defaults are in docs/operating.md. */
  readonly capture?: CaptureRules | undefined;
  /** How changes get from the legacy database to the projections. Default `{ via: 'direct' }`. */
  readonly events?: EventsDefinition | undefined;
  /** Business facts with a name: their types, and the topics they come from. */
  readonly domainEvents?: DomainTopicsDefinition | undefined;
  readonly admin?: { readonly port?: number | undefined } | undefined;
  readonly legacy: {
    readonly url: string;
    /** Connection URL of the legacy PostgreSQL database. */
    readonly database?: string | undefined;
    /** Milliseconds it may take for what; 0: for ever. */
    readonly timeouts?: TimeoutsDefinition | undefined;
    /** The Host header legacy gets: the visitor's (`keep`, the default), legacy's own (`replace`), or this one. */
    readonly host?: string | undefined;
    /** How a legacy at https is verified. Default: by the authorities node knows, for the host of `url`. */
    readonly tls?: LegacyTlsSource | undefined;
  };
  /** Who is believed about where a request comes from (X-Forwarded-*, Forwarded). Default: nobody. */
  readonly trust?: TrustRules | undefined;
  /** The name under which the proxy adds itself to Via, in both directions. Default: it does not. */
  readonly via?: string | undefined;
  /** What becomes of paths that may be read in two ways. Default `verbatim`: they go to legacy as they came. */
  readonly paths?: PathPolicy | undefined;
  /** Connection URL of the control store. Absent: FIG_DATABASE_URL, else an embedded PostgreSQL under `.fig/`. */
  readonly store?: string | undefined;
  readonly visitor?: VisitorDefinition | undefined;
  /** Milliseconds a read may wait for the read model to reach the visitor's last write. Default 250. */
  readonly fenceBudgetMs?: number | undefined;
  /**
   * Who is told in the answer's `x-fig-reason` why a side answered: nobody, requests of this machine that carry
   * `x-fig-explain: 1`, or everybody. Default `never`.
   */
  readonly explain?: 'never' | 'on-request' | 'always' | undefined;
  readonly features?: readonly FeatureDefinition[] | undefined;
}

/** Declares a migration: everything one config file says. */
export function defineMigration(definition: MigrationDefinition): MigrationDefinition {
  return Object.freeze({ ...definition });
}
