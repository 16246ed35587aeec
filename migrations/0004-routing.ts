import type { Knex } from 'knex';
import type { ControlStoreMigration } from './migration.ts';

/** Openings of breakers as evidence for the gate; the kill switch that every proxy obeys, and its place in the audit. */
export const routing: ControlStoreMigration = {
  name: '0004-routing',

  async up(knex: Knex): Promise<void> {
    await knex.raw(`
      CREATE TABLE fig.breaker_opening (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        feature text NOT NULL,
        proxy text NOT NULL,
        cause text NOT NULL,
        failures integer NOT NULL,
        total integer NOT NULL
      )`);
    await knex.raw('CREATE INDEX breaker_opening_feature_at ON fig.breaker_opening (feature, at)');
    // One row while it is on, none while it is off.
    await knex.raw(`
      CREATE TABLE fig.kill_switch (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        who text NOT NULL CHECK (who <> ''),
        why text NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp()
      )`);
    await knex.raw('ALTER TABLE fig.audit DROP CONSTRAINT audit_action_check');
    await knex.raw(`
      ALTER TABLE fig.audit ADD CONSTRAINT audit_action_check
        CHECK (action IN ('promote', 'force', 'rollback', 'kill-switch'))`);
  },

  async down(knex: Knex): Promise<void> {
    for (const table of ['kill_switch', 'breaker_opening']) await knex.schema.withSchema('fig').dropTable(table);
    await knex.raw('ALTER TABLE fig.audit DROP CONSTRAINT audit_action_check');
    // The audit is append-only, so what it says of the kill switch stays; only new rows are held to the old rule.
    await knex.raw(`
      ALTER TABLE fig.audit ADD CONSTRAINT audit_action_check
        CHECK (action IN ('promote', 'force', 'rollback')) NOT VALID`);
  },
};
