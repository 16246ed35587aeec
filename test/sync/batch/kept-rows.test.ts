import { expect, test } from 'vitest';
import { defineReadModel } from '../../../src/config/read-model-definition.ts';
import { BatchTable } from '../../../src/sync/batch/batch-table.ts';
import { openTarget } from '../../../src/sync/open-target.ts';
import { createTestDatabase } from '../../support/test-database.ts';

const definition = defineReadModel({
  name: 'price',
  version: 1,
  batch: { every: '1h' },
  table: (t) => {
    t.text('sku').primary();
  },
  load: () => [],
});

test('rows that somebody reads for long are left to a later load, and it is told who reads them', async () => {
  await using database = await createTestDatabase();
  const db = openTarget(database.url);
  const table = new BatchTable(definition);
  const load = async (sku: string): Promise<string | undefined> => {
    await table.prepare(db);
    await table.write(db, [{ sku }]);
    await db.transaction((tx) => table.swap(tx));
    return table.dropOld(db);
  };
  const reader = openTarget(database.url);
  try {
    expect(await load('first')).toBeUndefined();
    const reading = await reader.transaction();
    const { rows: pids } = await reading.raw('SELECT pg_backend_pid() AS pid FROM rm_price_v1.price');
    const told = `process ${pids[0].pid} of fig projection`;

    // The new rows are there, and whoever reads has the old ones.
    expect(await load('second')).toBe(told);
    expect(await db('rm_price_v1.price').pluck('sku')).toEqual(['second']);

    const refused = load('third');
    await expect(refused).rejects.toMatchObject({ code: 'FIG_BATCH_FAILED' });
    await expect(refused).rejects.toThrow(told);
    expect(await db('rm_price_v1.price').pluck('sku')).toEqual(['second']);

    await reading.commit();
    expect(await load('third')).toBeUndefined();
    expect(await db('rm_price_v1.price').pluck('sku')).toEqual(['third']);
    const schemas = await db('pg_namespace').whereLike('nspname', 'rm_price%').pluck('nspname');
    expect(schemas).toEqual(['rm_price_v1']);
  } finally {
    await reader.destroy();
    await db.destroy();
  }
});
