import type { ControlStoreMigration } from './migration.ts';

/** What questions and answers were like, of a fair sample of matches and of each group; and when a scope was last written. */
export const requestFacts: ControlStoreMigration = {
  name: '0018-request-facts',

  async up(knex) {
    // Text, not jsonb, which refuses texts that JSON allows. The key is that of the evidence, which is a hash: a sample holds
    // the smallest ones.
    await knex.raw(`
      create table fig.match_facts (
        scope_id bigint not null references fig.evidence_scope on delete cascade,
        key bytea not null,
        facts text not null,
        primary key (scope_id, key)
      )`);
    await knex.raw(`
      create table fig.mismatch_facts (
        group_id bigint not null references fig.difference_group on delete cascade,
        key bytea not null,
        differs text not null,
        beside text,
        legacy text,
        candidate text,
        primary key (group_id, key)
      )`);
    await knex.raw(
      'alter table fig.evidence_scope add column last_seen timestamptz not null default clock_timestamp()',
    );
  },

  async down(knex) {
    await knex.raw('drop table fig.mismatch_facts, fig.match_facts');
    await knex.raw('alter table fig.evidence_scope drop column last_seen');
  },
};
