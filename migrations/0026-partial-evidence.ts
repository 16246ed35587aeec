import type { Knex } from 'knex';
import type { ControlStoreMigration } from './migration.ts';

/**
 * Of each kind of request, how many comparisons agreed: one that never did is not covered by those that did. And of distinct
 * evidence, whether legacy refused: ten thousand ids that are not there say nothing about those that are.
 */
export const partialEvidence: ControlStoreMigration = {
  name: '0026-partial-evidence',

  async up(knex: Knex): Promise<void> {
    await knex.raw('ALTER TABLE fig.evidence_shape ADD COLUMN matched bigint NOT NULL DEFAULT 0');
    await knex.raw('ALTER TABLE fig.evidence_distinct ADD COLUMN refusal boolean NOT NULL DEFAULT false');
    // Of what was compared before nobody knows, and a gate must not be held for it.
    await knex.raw('UPDATE fig.evidence_shape SET matched = compared');
  },

  async down(knex: Knex): Promise<void> {
    await knex.raw('ALTER TABLE fig.evidence_shape DROP COLUMN matched');
    await knex.raw('ALTER TABLE fig.evidence_distinct DROP COLUMN refusal');
  },
};
