import type { Knex } from 'knex';
import type { ControlStoreMigration } from './migration.ts';

/** How far topics of events are read, which events were, and what waits behind dead letters. */
export const eventTopics: ControlStoreMigration = {
  name: '0030-event-topics',

  async up(knex: Knex): Promise<void> {
    await knex.raw(`
      CREATE TABLE fig.topic_offset (
        projection text NOT NULL REFERENCES fig.projection ON DELETE CASCADE,
        topic text NOT NULL,
        "partition" integer NOT NULL,
        next bigint NOT NULL,
        last bigint,
        digest bytea,
        PRIMARY KEY (projection, topic, "partition"),
        CHECK (num_nulls(last, digest) IN (0, 2))
      )`);
    await knex.raw(
      `COMMENT ON COLUMN fig.topic_offset.digest IS 'of the last message that was read, by which a topic that was made anew is noticed'`,
    );
    await knex.raw(`
      CREATE TABLE fig.topic_standing (
        projection text PRIMARY KEY REFERENCES fig.projection ON DELETE CASCADE,
        clock text NOT NULL DEFAULT '',
        position numeric(20),
        level_at timestamptz,
        behind bigint NOT NULL DEFAULT 0,
        repeats bigint NOT NULL DEFAULT 0,
        problem text
      )`);
    await knex.raw(`
      CREATE TABLE fig.seen_event (
        projection text NOT NULL REFERENCES fig.projection ON DELETE CASCADE,
        digest bytea NOT NULL,
        seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (projection, digest)
      )`);
    await knex.raw('CREATE INDEX seen_event_at ON fig.seen_event (projection, seen_at)');
    await knex.raw(`
      CREATE TABLE fig.parked_message (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        projection text NOT NULL REFERENCES fig.projection ON DELETE CASCADE,
        place text NOT NULL,
        topic text NOT NULL,
        "partition" integer NOT NULL,
        "offset" bigint NOT NULL,
        key bytea,
        value bytea,
        headers jsonb NOT NULL,
        timestamp_ms bigint,
        model_keys text[]
      )`);
    await knex.raw('CREATE INDEX parked_message_place ON fig.parked_message (projection, place, id)');
    await knex.raw(`COMMENT ON COLUMN fig.parked_message.model_keys IS 'of the read model; NULL: not known which'`);
    await alsoAllow(knex, 'message');
  },

  async down(knex: Knex): Promise<void> {
    // Without its messages such a letter stands for nothing.
    await knex.raw(`DELETE FROM fig.dead_letter WHERE kind = 'message'`);
    for (const table of ['parked_message', 'seen_event', 'topic_standing', 'topic_offset']) {
      await knex.schema.withSchema('fig').dropTable(table);
    }
    // No letter has the kind any more; that the rule would admit one does not hurt an older fig.
  },
};

/** Whatever kinds there are already: other migrations add some, too. */
async function alsoAllow(knex: Knex, kind: string): Promise<void> {
  const { rows } = await knex.raw<{ rows: { rule: string }[] }>(
    `SELECT pg_get_constraintdef(oid) AS rule FROM pg_constraint
      WHERE conrelid = 'fig.dead_letter'::regclass AND conname = 'dead_letter_kind_check'`,
  );
  const rule = rows[0]!.rule.replace(/^CHECK /, '');
  await knex.raw('ALTER TABLE fig.dead_letter DROP CONSTRAINT dead_letter_kind_check');
  await knex.raw(
    `ALTER TABLE fig.dead_letter ADD CONSTRAINT dead_letter_kind_check CHECK (kind = '${kind}' OR ${rule})`,
  );
}
