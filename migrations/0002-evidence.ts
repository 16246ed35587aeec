import type { ControlStoreMigration } from './migration.ts';

/** What comparisons have shown: distinct evidence, counts, shapes, latencies, and the differences that were found. */
export const evidence: ControlStoreMigration = {
  name: '0002-evidence',

  async up(knex) {
    await knex.raw(`
      create table fig.evidence_scope (
        id bigint generated always as identity primary key,
        feature text not null,
        fingerprint text not null,
        step text not null,
        route text not null,
        unique (feature, fingerprint, step, route)
      )`);
    // The key is a hash of route, question, legacy's canonical answer and outcome: the same proof counts once.
    await knex.raw(`
      create table fig.evidence_distinct (
        scope_id bigint not null references fig.evidence_scope on delete cascade,
        key bytea not null,
        outcome text not null check (outcome in ('match', 'mismatch', 'error')),
        critical boolean not null,
        primary key (scope_id, key)
      )`);
    await knex.raw(`
      create table fig.evidence_verdict (
        scope_id bigint not null references fig.evidence_scope on delete cascade,
        verdict text not null,
        reason text not null,
        count bigint not null,
        primary key (scope_id, verdict, reason)
      )`);
    await knex.raw(`
      create table fig.evidence_shape (
        scope_id bigint not null references fig.evidence_scope on delete cascade,
        shape text not null,
        seen bigint not null,
        compared bigint not null,
        primary key (scope_id, shape)
      )`);
    await knex.raw(`
      create table fig.evidence_latency (
        scope_id bigint not null references fig.evidence_scope on delete cascade,
        side text not null check (side in ('legacy', 'candidate')),
        bucket integer not null,
        count bigint not null,
        primary key (scope_id, side, bucket)
      )`);
    await knex.raw(`
      create table fig.difference_group (
        id bigint generated always as identity primary key,
        scope_id bigint not null references fig.evidence_scope on delete cascade,
        path text not null,
        kind text not null,
        critical boolean not null,
        count bigint not null,
        first_seen timestamptz not null,
        last_seen timestamptz not null,
        unique (scope_id, path, kind)
      )`);
    await knex.raw(`
      create table fig.difference_sample (
        group_id bigint not null references fig.difference_group on delete cascade,
        slot smallint not null,
        question text not null,
        place text not null,
        legacy text,
        candidate text,
        seen_at timestamptz not null,
        primary key (group_id, slot)
      )`);
  },

  async down(knex) {
    await knex.raw(`
      drop table if exists fig.difference_sample, fig.difference_group, fig.evidence_latency, fig.evidence_shape,
        fig.evidence_verdict, fig.evidence_distinct, fig.evidence_scope`);
  },
};
