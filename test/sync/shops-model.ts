import { defineReadModel } from '../../src/config/read-model-definition.ts';
import type { SyncSetup } from './fixtures.ts';

/** A read model, `other`, of a table that `summary` has nothing to do with. */
export const shops = defineReadModel({
  name: 'other',
  version: 1,
  key: 'id',
  root: 'shops',
  table: (t) => {
    t.integer('id').primary();
    t.text('name');
  },
  sources: { shops: { key: 'id', dirty: (row) => [Number(row['id'])] } },
  build: (keys, mirror) =>
    mirror('shops')
      .whereIn('id', [...keys])
      .select('id', 'name'),
});

export async function makeShops({ legacy }: SyncSetup): Promise<void> {
  await legacy.raw('CREATE TABLE shops (id int PRIMARY KEY, name text)');
  await legacy.raw(`INSERT INTO shops VALUES (1, 'first'), (2, 'second')`);
}
