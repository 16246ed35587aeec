import { expect, test } from 'vitest';
import type { Capture } from '../../../src/sync/capture/capture.ts';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';

const seedOrders = (from: number, to: number): string =>
  `INSERT INTO orders (id, customer_id, note, amount) SELECT n, 1 + n % 5, 'note ' || n, n FROM generate_series(${from}, ${to}) n`;

/** A legacy database whose larger transactions are streamed while they run. */
async function setup(): Promise<SyncSetup> {
  const sync = await setupSync();
  await sync.legacy.raw(
    `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET logical_decoding_work_mem = ''64kB''', current_database()); END $$`,
  );
  await sync.legacy.raw(`INSERT INTO customers (name) SELECT 'customer ' || n FROM generate_series(1, 5) n`);
  return sync;
}

async function caughtUp(capture: Capture): Promise<void> {
  await until('the read model is ready', () => capture.progressOf('summary').state === 'ready');
  const position = await capture.source.read();
  capture.source.nudge();
  expect(await capture.applied('summary')!.waitFor(position, 25_000)).toBe(true);
}

test('a large transaction that changes keys again and again leaves what a fresh build gives', async () => {
  await using sync = await setup();
  await sync.legacy.raw(seedOrders(1, 2_000));
  const capture = sync.startCapture();
  await caughtUp(capture);
  await sync.legacy.transaction(async (tx) => {
    await tx.raw(seedOrders(2_001, 14_000));
    await tx.raw('INSERT INTO items SELECT id, line, id * line FROM orders, generate_series(1, 2) line');
    await tx.raw(`UPDATE orders SET note = 'changed' WHERE id % 3 = 0`);
    await tx.raw(`UPDATE customers SET name = 'renamed' WHERE id = 2`);
    await tx.raw('SAVEPOINT mistake');
    await tx.raw(`UPDATE orders SET note = 'never seen'`);
    await tx.raw('DELETE FROM items');
    await tx.raw('ROLLBACK TO SAVEPOINT mistake');
    await tx.raw(
      'UPDATE orders SET id = id + 100000 WHERE id % 7 = 0 AND NOT EXISTS (SELECT FROM items WHERE order_id = id)',
    );
    await tx.raw('DELETE FROM orders WHERE id % 11 = 0');
  });
  await caughtUp(capture);
  expect(await sync.actual()).toEqual(await sync.expected());
});

test('readers see all of a large transaction or nothing', async () => {
  await using sync = await setup();
  await sync.legacy.raw(seedOrders(1, 10));
  const capture = sync.startCapture();
  await caughtUp(capture);
  const counts = new Set<number>();
  let reading = true;
  const reader = (async () => {
    while (reading) counts.add((await sync.actual()).length);
  })();
  await sync.legacy.raw(seedOrders(11, 30_000));
  await caughtUp(capture);
  reading = false;
  await reader;
  expect([...counts].filter((count) => count !== 10 && count !== 30_000)).toEqual([]);
  expect(await sync.actual()).toEqual(await sync.expected());
});

test('a large transaction beside the backfill neither loses its rows nor brings old ones back', async () => {
  await using sync = await setup();
  await sync.legacy.raw(seedOrders(1, 20_000));
  const capture = sync.startCapture();
  await until('copying has begun', () => capture.progressOf('summary').progress > 0);
  await sync.legacy.transaction(async (tx) => {
    await tx.raw(`UPDATE orders SET note = 'changed in one go'`);
    await tx.raw('DELETE FROM orders WHERE id % 5 = 0');
    await tx.raw(seedOrders(20_001, 25_000));
  });
  await caughtUp(capture);
  expect(await sync.actual()).toEqual(await sync.expected());
});

test('a capture that is stopped in the middle of a large transaction stops, and begins it again later', async () => {
  await using sync = await setup();
  await sync.legacy.raw(seedOrders(1, 10));
  const first = sync.startCapture();
  await caughtUp(first);
  const writer = await sync.legacy.transaction();
  await writer.raw(seedOrders(11, 30_000));
  await writer.commit();
  await until('the large transaction is being applied', async () => {
    const found = await sync.target.raw(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'fig projection' AND backend_xid IS NOT NULL`,
    );
    return found.rows[0].n > 0;
  });
  await first.stop();
  expect(await sync.actual()).toHaveLength(10);
  const second = sync.startCapture();
  await caughtUp(second);
  expect(await sync.actual()).toEqual(await sync.expected());
});
