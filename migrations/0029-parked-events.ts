import type { Knex } from 'knex';
import type { ControlStoreMigration } from './migration.ts';

const before = ['snapshot', 'insert', 'update', 'delete', 'truncate'];

/** Domain events that a handler could not take, those that came while history was given, and those that are to be published. */
export const parkedEvents: ControlStoreMigration = {
  name: '0029-parked-events',

  async up(knex: Knex): Promise<void> {
    await allowKinds(knex, [...before, 'event']);
    await knex.raw('ALTER TABLE fig.parked_change ADD COLUMN number bigint');
    await knex.raw(`COMMENT ON COLUMN fig.parked_change.number IS 'of the change within its transaction'`);
    await knex.raw(`
      CREATE TABLE fig.early_event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        projection text NOT NULL REFERENCES fig.projection ON DELETE CASCADE,
        event_id text,
        event json NOT NULL,
        position numeric(20, 0) NOT NULL,
        committed_ms bigint
      )`);
    await knex.raw('CREATE INDEX early_event_order ON fig.early_event (projection, id)');
    await knex.raw('CREATE INDEX early_event_id ON fig.early_event (projection, event_id)');
    await knex.raw('CREATE TABLE fig.published_id (event_id text PRIMARY KEY)');
    await knex.raw(`
      CREATE TABLE fig.outgoing_event (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event json NOT NULL
      )`);
    await knex.raw(`
      CREATE TABLE fig.publication (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        name uuid NOT NULL DEFAULT gen_random_uuid()
      )`);
    await knex.raw(
      `COMMENT ON COLUMN fig.publication.name IS 'numbers of fig.outgoing_event are kept under it by the brokers'`,
    );
  },

  async down(knex: Knex): Promise<void> {
    await knex.raw('DROP TABLE fig.early_event, fig.published_id, fig.outgoing_event, fig.publication');
    // An older fig knows no events, so read models that are made of them mean nothing to it.
    await knex.raw(`DELETE FROM fig.parked_change WHERE kind = 'event'`);
    await knex.raw('ALTER TABLE fig.parked_change DROP COLUMN number');
    await allowKinds(knex, before);
  },
};

async function allowKinds(knex: Knex, kinds: readonly string[]): Promise<void> {
  const list = kinds.map((kind) => `'${kind}'`).join(', ');
  await knex.raw('ALTER TABLE fig.parked_change DROP CONSTRAINT parked_change_kind_check');
  await knex.raw(`ALTER TABLE fig.parked_change ADD CONSTRAINT parked_change_kind_check CHECK (kind IN (${list}))`);
}
