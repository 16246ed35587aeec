import type { ControlStoreMigration } from './migration.ts';

/** In how many answers each comparison rule hid a difference, and of how many answers that is known. */
export const ruleHits: ControlStoreMigration = {
  name: '0017-rule-hits',

  async up(knex) {
    await knex.raw(`
      create table fig.evidence_hidden (
        scope_id bigint primary key references fig.evidence_scope on delete cascade,
        known bigint not null,
        unknown bigint not null
      )`);
    await knex.raw(`
      create table fig.evidence_rule_hit (
        scope_id bigint not null references fig.evidence_scope on delete cascade,
        rule text not null,
        answers bigint not null,
        last_seen timestamptz not null,
        primary key (scope_id, rule)
      )`);
  },

  async down(knex) {
    await knex.raw('drop table if exists fig.evidence_rule_hit, fig.evidence_hidden');
  },
};
