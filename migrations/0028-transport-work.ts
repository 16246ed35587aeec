import type { Knex } from 'knex';
import type { ControlStoreMigration } from './migration.ts';

/**
 * Which process does what between capture and projection, as it said a second or two ago. Unlogged, as `fig.process` is: all
 * but the counts of takeovers is said again at once.
 */
export const transportWork: ControlStoreMigration = {
  name: '0028-transport-work',

  async up(knex: Knex): Promise<void> {
    await knex.raw(`
      CREATE UNLOGGED TABLE fig.transport_work (
        migration text NOT NULL,
        work text NOT NULL CHECK (work IN ('process', 'leader', 'read-model')),
        name text NOT NULL,
        claim bigint NOT NULL,
        process uuid NOT NULL,
        host text NOT NULL,
        pid integer NOT NULL,
        since timestamptz NOT NULL,
        seen_at timestamptz NOT NULL,
        takeovers integer NOT NULL DEFAULT 0,
        figures jsonb NOT NULL,
        PRIMARY KEY (migration, work, name)
      )`);
    await knex.raw(
      `COMMENT ON COLUMN fig.transport_work.name IS 'of a process its id, of a read model its projection'`,
    );
    await knex.raw(`COMMENT ON COLUMN fig.transport_work.claim IS 'who has a smaller one is not believed'`);
    await knex.raw(`COMMENT ON COLUMN fig.transport_work.takeovers IS 'how often another process had it before'`);
  },

  async down(knex: Knex): Promise<void> {
    await knex.schema.withSchema('fig').dropTable('transport_work');
  },
};
