import type { Knex } from 'knex';
import type { ControlStoreMigration } from './migration.ts';

/** Positions of two timelines cannot be compared: after a failover the same position may be of another change. */
export const projectionTimeline: ControlStoreMigration = {
  name: '0005-projection-timeline',
  async up(knex: Knex): Promise<void> {
    await knex.schema.withSchema('fig').alterTable('projection', (table) => {
      table.integer('timeline').comment('of the legacy server, at which the position was reached');
    });
  },
  async down(knex: Knex): Promise<void> {
    await knex.schema.withSchema('fig').alterTable('projection', (table) => table.dropColumn('timeline'));
  },
};
