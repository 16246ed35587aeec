import type { Knex } from 'knex';

/** One step of the control store's schema. Steps are listed in all-migrations.ts and run in that order. */
export interface ControlStoreMigration {
  /** Number and words, e.g. `0002-evidence`. Never changes once released: it is how a store knows what it has. */
  readonly name: string;
  up(knex: Knex): Promise<void>;
  down(knex: Knex): Promise<void>;
}
