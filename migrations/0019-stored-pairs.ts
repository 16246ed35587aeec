import type { ControlStoreMigration } from './migration.ts';

/** Questions and both answers, redacted, of the samples of each group: what can be asked and compared again. */
export const storedPairs: ControlStoreMigration = {
  name: '0019-stored-pairs',

  async up(knex) {
    // One answer may be a sample of many groups, so the pair stands apart from its samples. What is large, PostgreSQL compresses.
    await knex.raw(`
      create table fig.stored_pair (
        id bigint generated always as identity primary key,
        scope_id bigint not null references fig.evidence_scope on delete cascade,
        question text not null,
        legacy text,
        candidate text,
        seen_at timestamptz not null
      )`);
    await knex.raw('create index stored_pair_scope on fig.stored_pair (scope_id)');
    await knex.raw(
      'alter table fig.difference_sample add column pair_id bigint references fig.stored_pair on delete set null',
    );
    await knex.raw('create index difference_sample_pair on fig.difference_sample (pair_id)');
  },

  async down(knex) {
    await knex.raw('alter table fig.difference_sample drop column pair_id');
    await knex.raw('drop table fig.stored_pair');
  },
};
