import type { ControlStoreMigration } from './migration.ts';

/** What comparing read models with the legacy database has shown. Building a read model anew forgets its runs. */
export const reconciliation: ControlStoreMigration = {
  name: '0007-reconciliation',

  async up(knex) {
    await knex.raw(`
      CREATE TABLE fig.reconciliation (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        projection text NOT NULL REFERENCES fig.projection (name) ON DELETE CASCADE,
        state text NOT NULL
          CHECK (state IN ('running', 'clean', 'repaired', 'different', 'undetermined', 'failed')),
        repair boolean NOT NULL,
        whole boolean NOT NULL,
        started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        finished_at timestamptz,
        position numeric(20, 0),
        parts jsonb NOT NULL DEFAULT '[]',
        samples jsonb NOT NULL DEFAULT '[]',
        error text
      )`);
    await knex.raw('CREATE INDEX reconciliation_projection_id ON fig.reconciliation (projection, id)');
  },

  async down(knex) {
    await knex.raw('DROP TABLE fig.reconciliation');
  },
};
