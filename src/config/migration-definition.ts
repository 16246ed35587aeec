import type { FeatureDefinition } from './feature-definition.ts';
import type { TimeoutsDefinition } from './timeouts.ts';

export interface VisitorDefinition {
  /** Cookie whose value tells visitors apart (a session id). Only a hash of it is ever kept. */
  readonly cookie?: string | undefined;
  /** Header whose value tells visitors apart. Default: Authorization, then address and user agent. */
  readonly header?: string | undefined;
}

export interface MigrationDefinition {
  /** Lower case letters, digits and underscores; names the replication slot and the publication. Default `main`. */
  readonly name?: string | undefined;
  readonly listen?: { readonly port?: number | undefined; readonly host?: string | undefined } | undefined;
  readonly admin?: { readonly port?: number | undefined } | undefined;
  readonly legacy: {
    readonly url: string;
    /** Connection URL of the legacy PostgreSQL database. */
    readonly database?: string | undefined;
    /** Milliseconds it may take for what; 0: for ever. */
    readonly timeouts?: TimeoutsDefinition | undefined;
  };
  /** Connection URL of the control store. Absent: FIG_DATABASE_URL, else an embedded PostgreSQL under `.fig/`. */
  readonly store?: string | undefined;
  readonly visitor?: VisitorDefinition | undefined;
  /** Milliseconds a read may wait for the read model to reach the visitor's last write. Default 250. */
  readonly fenceBudgetMs?: number | undefined;
  readonly features?: readonly FeatureDefinition[] | undefined;
}

/** Declares a migration: everything one config file says. */
export function defineMigration(definition: MigrationDefinition): MigrationDefinition {
  return Object.freeze({ ...definition });
}
