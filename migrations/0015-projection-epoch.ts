import type { ControlStoreMigration } from './migration.ts';

/** Which session a projection belongs to. A sequence, as a version that was dropped may come again. */
export const projectionEpoch: ControlStoreMigration = {
  name: '0015-projection-epoch',

  async up(knex) {
    await knex.raw('CREATE SEQUENCE fig.projection_epoch');
    await knex.raw(
      `ALTER TABLE fig.projection ADD COLUMN epoch bigint NOT NULL DEFAULT nextval('fig.projection_epoch')`,
    );
  },

  async down(knex) {
    await knex.raw('ALTER TABLE fig.projection DROP COLUMN epoch');
    await knex.raw('DROP SEQUENCE fig.projection_epoch');
  },
};
