import type { ControlStoreMigration } from './migration.ts';

/** What each legacy table looked like when its mirror was made, so that a change of it is noticed, also after a stop. */
export const sourceShapes: ControlStoreMigration = {
  name: '0008-source-shapes',

  async up(knex) {
    await knex.raw(`
      CREATE TABLE fig.source_shape (
        projection text NOT NULL REFERENCES fig.projection ON DELETE CASCADE,
        source text NOT NULL,
        shape jsonb NOT NULL,
        suspicion text CHECK (suspicion IN ('relation', 'unpublished')),
        PRIMARY KEY (projection, source)
      )`);
  },

  async down(knex) {
    await knex.raw('DROP TABLE fig.source_shape');
  },
};
