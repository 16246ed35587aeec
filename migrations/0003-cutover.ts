import type { Knex } from 'knex';
import type { ControlStoreMigration } from './migration.ts';

/** Phases of features, the counter that tells proxies of a change, and the audit of every transition. */
export const cutover: ControlStoreMigration = {
  name: '0003-cutover',

  async up(knex: Knex): Promise<void> {
    // One row that every move updates: its lock makes revisions visible in the order in which they count up. With a
    // sequence a later revision may commit first, and a watcher that has seen it would miss the earlier one.
    await knex.raw(`
      CREATE TABLE fig.phase_revision (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        revision bigint NOT NULL
      )`);
    await knex.raw('INSERT INTO fig.phase_revision (revision) VALUES (0)');

    await knex.raw(`
      CREATE TABLE fig.feature_phase (
        feature text PRIMARY KEY,
        phase text NOT NULL,
        percent double precision NOT NULL,
        revision bigint NOT NULL,
        entered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT feature_phase_legal CHECK (
          (phase IN ('legacy', 'shadow') AND percent = 0)
          OR (phase = 'canary' AND percent > 0 AND percent < 100)
          OR (phase = 'live' AND percent = 100)
        )
      )`);

    await knex.raw(`
      CREATE TABLE fig.audit (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        feature text NOT NULL,
        action text NOT NULL CHECK (action IN ('promote', 'force', 'rollback')),
        from_reads text NOT NULL,
        to_reads text NOT NULL,
        who text NOT NULL CHECK (who <> ''),
        why text NOT NULL CHECK (why <> ''),
        gate text CHECK (gate IN ('PASS', 'FAIL', 'INCONCLUSIVE')),
        evidence jsonb,
        revision bigint NOT NULL
      )`);
    await knex.raw('CREATE INDEX audit_feature_id ON fig.audit (feature, id)');

    // An audit that can be edited proves nothing. Whoever owns the table can still drop the trigger, and that shows.
    await knex.raw(`
      CREATE FUNCTION fig.refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'fig.audit is append-only: % refused', tg_op USING ERRCODE = 'insufficient_privilege';
      END $$`);
    await knex.raw(`
      CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON fig.audit
        FOR EACH STATEMENT EXECUTE FUNCTION fig.refuse_audit_change()`);
  },

  async down(knex: Knex): Promise<void> {
    for (const table of ['audit', 'feature_phase', 'phase_revision']) {
      await knex.schema.withSchema('fig').dropTable(table);
    }
    await knex.raw('DROP FUNCTION fig.refuse_audit_change()');
  },
};
