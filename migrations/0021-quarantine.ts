import type { Knex } from 'knex';
import type { ControlStoreMigration } from './migration.ts';

const before = [
  'promote',
  'force',
  'rollback',
  'kill-switch',
  'retry-dead-letter',
  'discard-dead-letter',
  'swap-version',
  'force-swap-version',
  'swap-version-back',
  'drop-version',
];

/** Routes whose reads were seen to write to legacy, and are not compared until somebody lifts that. */
export const quarantine: ControlStoreMigration = {
  name: '0021-quarantine',

  async up(knex: Knex): Promise<void> {
    await knex.raw(`
      CREATE TABLE fig.quarantine (
        feature text NOT NULL,
        route text NOT NULL,
        tables text[] NOT NULL,
        pairs integer NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        lifted_at timestamptz,
        lifted_by text,
        lifted_why text,
        PRIMARY KEY (feature, route),
        CHECK ((lifted_at IS NULL) = (lifted_by IS NULL))
      )`);
    await allowActions(knex, [...before, 'quarantine', 'lift-quarantine'], '');
  },

  async down(knex: Knex): Promise<void> {
    await knex.schema.withSchema('fig').dropTable('quarantine');
    // The audit is append-only, so what it says of routes stays; only new rows are held to the old rule.
    await allowActions(knex, before, 'NOT VALID');
  },
};

async function allowActions(knex: Knex, actions: readonly string[], validity: string): Promise<void> {
  const list = actions.map((action) => `'${action}'`).join(', ');
  await knex.raw('ALTER TABLE fig.audit DROP CONSTRAINT audit_action_check');
  await knex.raw(`ALTER TABLE fig.audit ADD CONSTRAINT audit_action_check CHECK (action IN (${list})) ${validity}`);
}
