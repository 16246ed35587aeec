import { expect, test } from 'vitest';
import { setupSync } from '../fixtures.ts';
import { caughtUp, failsOnPoison, parkedKeys, poisoned, seedOrders } from '../poison.ts';
import { summary } from '../summary-model.ts';

test('a truncate beside changes of the same transaction leaves what a fresh build gives', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 5_000);
  const capture = setup.startCapture();
  await caughtUp(capture);
  await setup.legacy.transaction(async (tx) => {
    await tx.raw(`INSERT INTO orders (id, customer_id, note) VALUES (9001, 1, 'before')`);
    await tx.raw('TRUNCATE items, orders');
    await tx.raw(`INSERT INTO orders (id, customer_id, note) VALUES (7, 2, 'again'), (9002, 3, 'new')`);
    await tx.raw('INSERT INTO items VALUES (7, 1, 5)');
    await tx.raw(`UPDATE customers SET name = 'renamed' WHERE id = 2`);
  });
  await setup.legacy.raw('INSERT INTO items VALUES (9002, 1, 6)');
  await caughtUp(capture);
  expect(await setup.actual()).toEqual(await setup.expected());
  await setup.legacy.raw('TRUNCATE items');
  await setup.legacy.raw('TRUNCATE customers CASCADE');
  await caughtUp(capture);
  expect(await setup.actual()).toEqual([]);
});

test('a key that has no row because of the rows that are truncated gets its row', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 3_000);
  await setup.legacy.raw('CREATE TABLE holds (id int PRIMARY KEY, order_id bigint)');
  await setup.legacy.raw('INSERT INTO holds SELECT id, id FROM orders WHERE id > 100');
  const withoutHeld = poisoned({
    sources: { ...summary.sources, holds: { key: 'id', dirty: (row) => [String(row['order_id'])] } },
    build: (keys, mirror, db) => {
      const query = summary.build(keys, mirror, db) as ReturnType<typeof mirror>;
      return query.whereNotExists(mirror('holds').whereRaw('order_id = o.id').select('id'));
    },
  });
  const capture = setup.startCapture({ readModels: [withoutHeld] });
  await caughtUp(capture);
  expect(await setup.actual()).toHaveLength(100);
  await setup.legacy.raw('TRUNCATE holds');
  await caughtUp(capture);
  expect(await setup.actual()).toHaveLength(3_000);
  expect(await setup.actual()).toEqual(await setup.expected());
});

test('a key that cannot be built after a truncate is parked, and all others are right', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 300);
  const capture = setup.startCapture({ readModels: [poisoned({ build: failsOnPoison })] });
  await caughtUp(capture);
  await setup.legacy.transaction(async (tx) => {
    await tx.raw('TRUNCATE items');
    await tx.raw(`UPDATE orders SET note = 'poison' WHERE id = 17`);
  });
  await caughtUp(capture);
  expect(parkedKeys(capture)).toEqual(['17']);
  const expected = (await setup.expected()).filter((line) => !line.includes('"poison"'));
  expect((await setup.actual()).filter((line) => !line.includes('"order_id" : 17,'))).toEqual(expected);
});
