import type { Knex } from 'knex';
import type { ControlStoreMigration } from './migration.ts';

/** Who writes changes to a topic, from where on they can be read, and where each projection reads on. */
export const transport: ControlStoreMigration = {
  name: '0022-transport',

  async up(knex: Knex): Promise<void> {
    await knex.raw(`
      CREATE TABLE fig.transport (
        migration text PRIMARY KEY,
        topic text NOT NULL,
        epoch bigint NOT NULL,
        leader text NOT NULL,
        began_at timestamptz NOT NULL,
        seen_at timestamptz NOT NULL,
        place_epoch bigint,
        place_log text,
        place_position numeric(20),
        place_offset bigint,
        CHECK (num_nulls(place_epoch, place_log, place_position, place_offset) IN (0, 4))
      )`);
    await knex.raw(`
      CREATE TABLE fig.transport_offset (
        projection text NOT NULL,
        topic text NOT NULL,
        "partition" integer NOT NULL,
        "offset" bigint NOT NULL,
        epoch bigint NOT NULL,
        PRIMARY KEY (projection, topic, "partition")
      )`);
  },

  async down(knex: Knex): Promise<void> {
    await knex.schema.withSchema('fig').dropTable('transport_offset').dropTable('transport');
  },
};
