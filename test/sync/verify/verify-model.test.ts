import { expect, test } from 'vitest';
import type { ReadModelDefinition } from '../../../src/config/read-model-definition.ts';
import { verifyModel } from '../../../src/sync/verify/verify-model.ts';
import { until } from '../../support/until.ts';
import { setupSync } from '../fixtures.ts';
import { caughtUp, failsOnPoison, parkedKeys, poisoned, seedOrders } from '../poison.ts';

const { sources } = poisoned({});

/** Customers that are renamed are forgotten. */
const forgetful: ReadModelDefinition = poisoned({
  sources: { ...sources, customers: { key: 'id', dirty: () => [] } },
});

test('a read model whose dirty names every key is clean, also while changes come in', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 300);
  const capture = setup.startCapture();
  await caughtUp(capture);
  let writing = true;
  const writer = (async () => {
    for (let n = 1; writing; n += 1) {
      await setup.legacy.raw('UPDATE items SET price = ? WHERE order_id = ?', [n, 1 + (n % 300)]);
      await setup.legacy.raw('UPDATE customers SET name = ? WHERE id = ?', [`name ${n}`, 1 + (n % 5)]);
    }
  })();
  try {
    for (let n = 0; n < 5; n += 1) {
      const { differences, failed, checked } = await verifyModel(setup.target, poisoned({}), 200);
      expect({ differences, failed }).toEqual({ differences: [], failed: [] });
      expect(checked).toBeGreaterThan(100);
    }
  } finally {
    writing = false;
    await writer;
  }
});

test('a change that failed to mark keys as dirty is named, by the row that it left', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 20);
  const capture = setup.startCapture({ readModels: [forgetful] });
  await caughtUp(capture);
  expect((await verifyModel(setup.target, forgetful, 100)).differences).toEqual([]);
  await setup.legacy.raw(`UPDATE orders SET note = 'unrelated' WHERE id = 20`);
  await setup.legacy.raw(`UPDATE customers SET name = 'renamed' WHERE id = 3`);
  await caughtUp(capture);
  const before = await setup.actual();
  const { differences, checked } = await verifyModel(setup.target, forgetful, 100);
  expect(checked).toBe(20);
  // Orders 2, 7, 12 and 17 are of customer 3.
  expect(differences.map(({ key }) => key).toSorted((a, b) => Number(a) - Number(b))).toEqual(['2', '7', '12', '17']);
  for (const difference of differences) {
    expect(difference).toMatchObject({
      kind: 'different',
      columns: ['customer'],
      causes: [{ source: 'customers', sourceKey: ['3'], isNamedNow: false }],
    });
  }
  // Looking for the cause takes rows away; none of that may stay.
  expect(await setup.actual()).toEqual(before);
  expect(await setup.target('mirror_summary_v1.customers').count()).toEqual([{ count: '5' }]);
  await caughtUp(capture);
});

test('a row that is missing, and one that should be gone, are found; without a row that explains it, none is named', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 20);
  const model = poisoned({
    sources: { ...sources, orders: { key: 'id', dirty: (row) => (Number(row['id']) < 20 ? [Number(row['id'])] : []) } },
  });
  const capture = setup.startCapture({ readModels: [model] });
  await caughtUp(capture);
  await setup.target.raw(`DELETE FROM rm_summary_v1.summary WHERE order_id = 4`);
  await setup.target.raw(`INSERT INTO rm_summary_v1.summary (order_id) VALUES (777)`);
  const { differences } = await verifyModel(setup.target, model, 100);
  expect(differences).toMatchObject([
    { key: '4', kind: 'missing' },
    { key: '777', kind: 'extra', causes: [] },
  ]);
});

test('parked keys are known to be wrong and are not reported again; one that cannot be built now is', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 20);
  const model = poisoned({ build: failsOnPoison });
  const capture = setup.startCapture({ readModels: [model] });
  await caughtUp(capture);
  await setup.legacy.raw(`UPDATE orders SET note = 'poison' WHERE id = 4`);
  await caughtUp(capture);
  await until('it is parked', () => parkedKeys(capture).length === 1);
  expect(await verifyModel(setup.target, model, 100)).toMatchObject({ differences: [], failed: [], parked: 1 });
  const stricter = poisoned({
    build: async (keys, mirror, db) => {
      if (keys.includes('9')) throw new Error('not this one');
      return failsOnPoison(keys, mirror, db);
    },
  });
  expect(await verifyModel(setup.target, stricter, 100)).toMatchObject({
    differences: [],
    failed: [
      { key: '9', code: 'Error', message: expect.stringMatching(/^at test\/.+:\d+:\d+ \(the text is not kept\)$/) },
    ],
  });
});

test('a read model that is not ready cannot be verified', async () => {
  await using setup = await setupSync();
  await expect(verifyModel(setup.target, poisoned({}), 10)).rejects.toMatchObject({ code: 'FIG_READ_MODEL_NOT_READY' });
});
