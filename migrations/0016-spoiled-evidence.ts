import type { ControlStoreMigration } from './migration.ts';

/** How much of the distinct evidence each group of differences spoils: what groups are ranked by. */
export const spoiledEvidence: ControlStoreMigration = {
  name: '0016-spoiled-evidence',

  async up(knex) {
    // Nothing is known of what was compared before; it ranks by its plain count.
    await knex.raw('alter table fig.difference_group add column spoiled bigint not null default 0');
  },

  async down(knex) {
    await knex.raw('alter table fig.difference_group drop column spoiled');
  },
};
