import type { ControlStoreMigration } from './migration.ts';

/** Columns that are copied by themselves, into rows that the mirror has already; null: whole rows are copied. */
export const columnBackfill: ControlStoreMigration = {
  name: '0012-column-backfill',

  async up(knex) {
    await knex.raw('ALTER TABLE fig.backfill ADD COLUMN columns jsonb');
  },

  async down(knex) {
    // Whoever knows only whole copies must not take a copied column for one.
    await knex.raw('UPDATE fig.backfill SET cursor = NULL, copied = 0 WHERE columns IS NOT NULL AND NOT done');
    await knex.raw('ALTER TABLE fig.backfill DROP COLUMN columns');
  },
};
