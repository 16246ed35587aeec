import type { Knex } from 'knex';
import type { ControlStoreMigration } from './migration.ts';

const before = ['promote', 'force', 'rollback', 'kill-switch'];
const orders = ['retry-dead-letter', 'discard-dead-letter'];

/** What could not be applied, why, and when it is tried again. */
export const deadLetters: ControlStoreMigration = {
  name: '0006-dead-letters',

  async up(knex: Knex): Promise<void> {
    await knex.raw(`
      CREATE TABLE fig.dead_letter (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        projection text NOT NULL REFERENCES fig.projection ON DELETE CASCADE,
        kind text NOT NULL CHECK (kind IN ('build', 'model', 'dirty', 'land')),
        place text NOT NULL,
        key text,
        source text,
        source_key jsonb,
        code text NOT NULL,
        message text NOT NULL,
        attempts integer NOT NULL DEFAULT 1,
        changes_since bigint NOT NULL DEFAULT 0,
        first_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        last_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        next_at timestamptz NOT NULL,
        UNIQUE (projection, kind, place)
      )`);
    await knex.raw('CREATE INDEX dead_letter_next ON fig.dead_letter (projection, next_at)');
    await allowActions(knex, [...before, ...orders], '');
  },

  async down(knex: Knex): Promise<void> {
    await knex.schema.withSchema('fig').dropTable('dead_letter');
    // The audit is append-only, so what it says of dead letters stays; only new rows are held to the old rule.
    await allowActions(knex, before, 'NOT VALID');
  },
};

async function allowActions(knex: Knex, actions: readonly string[], validity: string): Promise<void> {
  const list = actions.map((action) => `'${action}'`).join(', ');
  await knex.raw('ALTER TABLE fig.audit DROP CONSTRAINT audit_action_check');
  await knex.raw(`ALTER TABLE fig.audit ADD CONSTRAINT audit_action_check CHECK (action IN (${list})) ${validity}`);
}
