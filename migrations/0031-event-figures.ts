import type { Knex } from 'knex';
import type { ControlStoreMigration } from './migration.ts';

const before = ['process', 'leader', 'read-model'];

/** What is told of events: who publishes, what waits for that and since when, and when an id was published. */
export const eventFigures: ControlStoreMigration = {
  name: '0031-event-figures',

  async up(knex: Knex): Promise<void> {
    await allowWork(knex, [...before, 'publisher']);
    // A default that is one value rewrites no table, however long it is.
    await knex.raw('ALTER TABLE fig.outgoing_event ADD COLUMN queued_at timestamptz NOT NULL DEFAULT now()');
    await knex.raw('ALTER TABLE fig.outgoing_event ALTER COLUMN queued_at SET DEFAULT clock_timestamp()');
    await knex.raw('ALTER TABLE fig.published_id ADD COLUMN queued_at timestamptz NOT NULL DEFAULT now()');
    const { rows } = await knex.raw<{ rows: { position: string }[] }>(
      'SELECT coalesce(max(position), 0)::text AS position FROM fig.projection',
    );
    // Where those were read that are there already is not known, but not after what is applied.
    await knex.raw(`ALTER TABLE fig.published_id ADD COLUMN position numeric(20) DEFAULT ${BigInt(rows[0]!.position)}`);
    await knex.raw('ALTER TABLE fig.published_id ALTER COLUMN position DROP DEFAULT');
    await knex.raw('CREATE INDEX published_id_age ON fig.published_id (queued_at, event_id)');
    await knex.raw(`
      ALTER TABLE fig.publication
        ADD COLUMN position numeric(20),
        ADD COLUMN published_at timestamptz`);
    await knex.raw(`COMMENT ON COLUMN fig.publication.position IS 'of the last event that was published'`);
  },

  async down(knex: Knex): Promise<void> {
    await knex.raw(`DELETE FROM fig.transport_work WHERE work = 'publisher'`);
    await allowWork(knex, before);
    await knex.raw('ALTER TABLE fig.outgoing_event DROP COLUMN queued_at');
    await knex.raw('ALTER TABLE fig.published_id DROP COLUMN queued_at, DROP COLUMN position');
    await knex.raw('ALTER TABLE fig.publication DROP COLUMN position, DROP COLUMN published_at');
  },
};

async function allowWork(knex: Knex, kinds: readonly string[]): Promise<void> {
  const list = kinds.map((kind) => `'${kind}'`).join(', ');
  await knex.raw('ALTER TABLE fig.transport_work DROP CONSTRAINT transport_work_work_check');
  await knex.raw(`ALTER TABLE fig.transport_work ADD CONSTRAINT transport_work_work_check CHECK (work IN (${list}))`);
}
