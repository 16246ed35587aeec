import type { ControlStoreMigration } from './migration.ts';

/** Columns that are copied by themselves, into rows that the mirror has already; null: whole rows are copied. */
export const columnBackfill: ControlStoreMigration = {
  name: '0012-column-backfill',

  async up(knex) {
    await knex.raw('ALTER TABLE fig.backfill ADD COLUMN columns jsonb');
  },

  async down(knex) {
    await knex.raw('ALTER TABLE fig.backfill DROP COLUMN columns');
  },
};
