import type { Knex } from 'knex';
import type { ControlStoreMigration } from './migration.ts';

/**
 * Which processes do, or want, what only one may do at a time, and when each was last seen. Unlogged, as `fig.process` is; a
 * crash of the store ends the sessions that are told of here, too.
 */
export const seats: ControlStoreMigration = {
  name: '0027-seats',

  async up(knex: Knex): Promise<void> {
    await knex.raw(`
      CREATE UNLOGGED TABLE fig.seat (
        process uuid NOT NULL,
        office text NOT NULL,
        migration text NOT NULL,
        host text NOT NULL,
        pid integer NOT NULL,
        session integer NOT NULL,
        able text[] NOT NULL,
        held text[] NOT NULL,
        seen_at timestamptz NOT NULL,
        PRIMARY KEY (process, office)
      )`);
    await knex.raw(`COMMENT ON COLUMN fig.seat.session IS 'process of the database server that holds its locks'`);
    await knex.raw(`COMMENT ON COLUMN fig.seat.able IS 'what it could do, where that is shared out'`);
  },

  async down(knex: Knex): Promise<void> {
    await knex.schema.withSchema('fig').dropTable('seat');
  },
};
