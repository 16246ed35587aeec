import type { ControlStoreMigration } from './migration.ts';

/** Keys of legacy rows that a copy reads by themselves; and copies go by the order of legacy's own key. */
export const owedRows: ControlStoreMigration = {
  name: '0014-owed-rows',

  async up(knex) {
    await knex.raw(`CREATE TABLE fig.owed_row (
      projection text NOT NULL, source text NOT NULL, key jsonb NOT NULL,
      FOREIGN KEY (projection, source) REFERENCES fig.backfill ON DELETE CASCADE)`);
    await knex.raw('CREATE INDEX ON fig.owed_row (projection, source)');
    // How far a copy is was noted in the order of the columns as they were declared.
    await knex.raw('UPDATE fig.backfill SET cursor = NULL, copied = 0 WHERE NOT done');
  },

  async down(knex) {
    await knex.raw('DROP TABLE fig.owed_row');
  },
};
