import type { Knex } from 'knex';
import type { ControlStoreMigration } from './migration.ts';

const before = ['build', 'model', 'dirty', 'land'];

/** Changes that a handler could not take, and those that wait behind them, in their order. */
export const parkedChanges: ControlStoreMigration = {
  name: '0011-parked-changes',

  async up(knex) {
    await knex.raw(`
      CREATE TABLE fig.parked_change (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        projection text NOT NULL REFERENCES fig.projection ON DELETE CASCADE,
        place text NOT NULL,
        source text NOT NULL,
        row_keys text[] NOT NULL,
        model_keys text[],
        kind text NOT NULL CHECK (kind IN ('snapshot', 'insert', 'update', 'delete', 'truncate')),
        before json,
        after json,
        position numeric(20, 0) NOT NULL,
        committed_ms bigint
      )`);
    await knex.raw('CREATE INDEX parked_change_place ON fig.parked_change (projection, place, id)');
    await knex.raw(`COMMENT ON COLUMN fig.parked_change.place IS 'of the dead letter that it waits for'`);
    await knex.raw(`COMMENT ON COLUMN fig.parked_change.row_keys IS 'of the legacy row; none: all rows of the source'`);
    await knex.raw(`COMMENT ON COLUMN fig.parked_change.model_keys IS 'of the read model; NULL: not known which'`);
    await allowKinds(knex, [...before, 'change']);
  },

  async down(knex) {
    await knex.raw('DROP TABLE fig.parked_change');
    // Without its changes such a letter stands for nothing, and a read model of handlers means nothing to an older fig.
    await knex.raw(`DELETE FROM fig.dead_letter WHERE kind = 'change'`);
    await allowKinds(knex, before);
  },
};

async function allowKinds(knex: Knex, kinds: readonly string[]): Promise<void> {
  const list = kinds.map((kind) => `'${kind}'`).join(', ');
  await knex.raw('ALTER TABLE fig.dead_letter DROP CONSTRAINT dead_letter_kind_check');
  await knex.raw(`ALTER TABLE fig.dead_letter ADD CONSTRAINT dead_letter_kind_check CHECK (kind IN (${list}))`);
}
