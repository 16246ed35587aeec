import type { Knex } from 'knex';
import type { ControlStoreMigration } from './migration.ts';

/** How the loads of batch read models went, and the clock that orders loads and writes where there is no log to do so. */
export const batchLoads: ControlStoreMigration = {
  name: '0009-batch-loads',

  async up(knex: Knex): Promise<void> {
    // Its steps have no gaps to worry about and no clock that is put back: only "later than" is ever asked of them.
    await knex.raw('CREATE SEQUENCE fig.step');
    await knex.raw(`
      CREATE TABLE fig.batch_load (
        name text PRIMARY KEY,
        fingerprint text,
        clock text,
        position numeric(20, 0),
        rows bigint,
        loaded_from timestamptz,
        loaded_at timestamptz,
        tried_at timestamptz,
        failures integer NOT NULL DEFAULT 0,
        error text
      )`);
    await knex.raw(`COMMENT ON COLUMN fig.batch_load.fingerprint IS 'of the definition that the rows were loaded by'`);
    await knex.raw(`COMMENT ON COLUMN fig.batch_load.clock IS 'what the position is of'`);
    await knex.raw(`COMMENT ON COLUMN fig.batch_load.position IS 'every write up to it is in the rows'`);
    await knex.raw(`COMMENT ON COLUMN fig.batch_load.loaded_from IS 'when the load that gave the rows began'`);
    await knex.raw(`COMMENT ON COLUMN fig.batch_load.failures IS 'loads that failed since the last that did not'`);
  },

  async down(knex: Knex): Promise<void> {
    await knex.schema.withSchema('fig').dropTable('batch_load');
    await knex.raw('DROP SEQUENCE fig.step');
  },
};
