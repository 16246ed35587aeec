import type { ControlStoreMigration } from './migration.ts';

/** Where legacy's answers vary by themselves, and how often that was looked for. */
export const legacyVariation: ControlStoreMigration = {
  name: '0020-legacy-variation',

  async up(knex) {
    await knex.raw(`
      create table fig.legacy_sandwich (
        feature text not null,
        fingerprint text not null,
        route text not null,
        asked bigint not null,
        primary key (feature, fingerprint, route)
      )`);
    // Values are stored as differences are: shortened and redacted.
    await knex.raw(`
      create table fig.legacy_variation (
        feature text not null,
        fingerprint text not null,
        route text not null,
        path text not null,
        kind text not null,
        varied bigint not null,
        witnessed bigint not null,
        first text,
        second text,
        last_seen timestamptz not null,
        primary key (feature, fingerprint, route, path, kind)
      )`);
  },

  async down(knex) {
    await knex.raw('drop table if exists fig.legacy_variation, fig.legacy_sandwich');
  },
};
