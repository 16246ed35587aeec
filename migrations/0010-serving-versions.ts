import type { Knex } from 'knex';
import type { ControlStoreMigration } from './migration.ts';

const before = ['promote', 'force', 'rollback', 'kill-switch', 'retry-dead-letter', 'discard-dead-letter'];
const orders = ['swap-version', 'force-swap-version', 'swap-version-back', 'drop-version'];

/** Which version of a feature's read model serves, where several are kept beside each other. */
export const servingVersions: ControlStoreMigration = {
  name: '0010-serving-versions',

  async up(knex: Knex): Promise<void> {
    await knex.raw(`
      CREATE TABLE fig.serving_version (
        feature text PRIMARY KEY,
        version integer NOT NULL CHECK (version > 0),
        who text NOT NULL CHECK (who <> ''),
        at timestamptz NOT NULL DEFAULT clock_timestamp()
      )`);
    await knex.raw(`COMMENT ON COLUMN fig.serving_version.at IS 'since when it serves'`);
    await allowActions(knex, [...before, ...orders], '');
  },

  async down(knex: Knex): Promise<void> {
    await knex.schema.withSchema('fig').dropTable('serving_version');
    // The audit is append-only, so what it says of versions stays; only new rows are held to the old rule.
    await allowActions(knex, before, 'NOT VALID');
  },
};

async function allowActions(knex: Knex, actions: readonly string[], validity: string): Promise<void> {
  const list = actions.map((action) => `'${action}'`).join(', ');
  await knex.raw('ALTER TABLE fig.audit DROP CONSTRAINT audit_action_check');
  await knex.raw(`ALTER TABLE fig.audit ADD CONSTRAINT audit_action_check CHECK (action IN (${list})) ${validity}`);
}
