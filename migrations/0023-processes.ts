import type { Knex } from 'knex';
import type { ControlStoreMigration } from './migration.ts';

/**
 * Which processes run a migration, and what the one that keeps the read models in step says of them. Unlogged: all of it is
 * said again within a second, and on a server that legacy uses as well, what is logged here would move legacy's position.
 */
export const processes: ControlStoreMigration = {
  name: '0023-processes',

  async up(knex: Knex): Promise<void> {
    await knex.raw(`
      CREATE UNLOGGED TABLE fig.process (
        id uuid PRIMARY KEY,
        migration text NOT NULL,
        role text NOT NULL,
        host text NOT NULL,
        pid integer NOT NULL,
        version text NOT NULL,
        config text NOT NULL,
        proxy text,
        admin text,
        report jsonb NOT NULL,
        started_at timestamptz NOT NULL,
        seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
      )`);
    await knex.raw(`COMMENT ON COLUMN fig.process.config IS 'digest of what all processes must agree on'`);
    await knex.raw('CREATE SEQUENCE fig.read_model_claim');
    await knex.raw(`
      CREATE UNLOGGED TABLE fig.read_model_state (
        read_model text PRIMARY KEY,
        claim bigint NOT NULL,
        number bigint NOT NULL,
        process uuid NOT NULL,
        position numeric(20, 0),
        source_log text,
        revision bigint NOT NULL,
        state jsonb NOT NULL,
        expires_at timestamptz NOT NULL
      )`);
    await knex.raw(`COMMENT ON COLUMN fig.read_model_state.claim IS 'who has the later one is believed'`);
    await knex.raw(`COMMENT ON COLUMN fig.read_model_state.position IS 'null: it cannot be read'`);
    await knex.raw(`
      CREATE TABLE fig.reconcile_order (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        projection text NOT NULL,
        source text,
        repair boolean NOT NULL,
        max_load double precision NOT NULL,
        ordered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        wanted_until timestamptz NOT NULL,
        taken_by uuid,
        seen_at timestamptz,
        progress jsonb,
        outcome jsonb,
        error jsonb
      )`);
  },

  async down(knex: Knex): Promise<void> {
    for (const table of ['reconcile_order', 'read_model_state', 'process']) {
      await knex.schema.withSchema('fig').dropTable(table);
    }
    await knex.raw('DROP SEQUENCE fig.read_model_claim');
  },
};
