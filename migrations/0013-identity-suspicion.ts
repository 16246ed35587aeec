import type { ControlStoreMigration } from './migration.ts';

/** A third reason not to trust a mirror: changes were sent under a replica identity that does not tell its key. */
export const identitySuspicion: ControlStoreMigration = {
  name: '0013-identity-suspicion',

  async up(knex) {
    await knex.raw(`
      ALTER TABLE fig.source_shape DROP CONSTRAINT source_shape_suspicion_check,
        ADD CONSTRAINT source_shape_suspicion_check CHECK (suspicion IN ('relation', 'unpublished', 'identity'))`);
  },

  async down(knex) {
    // The one that has the table copied again whatever it looks like.
    await knex.raw(`UPDATE fig.source_shape SET suspicion = 'unpublished' WHERE suspicion = 'identity'`);
    await knex.raw(`
      ALTER TABLE fig.source_shape DROP CONSTRAINT source_shape_suspicion_check,
        ADD CONSTRAINT source_shape_suspicion_check CHECK (suspicion IN ('relation', 'unpublished'))`);
  },
};
