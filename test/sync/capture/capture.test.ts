import { expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import type { Capture } from '../../../src/sync/capture/capture.ts';

async function seed({ legacy }: SyncSetup, orders: number): Promise<void> {
  await legacy.raw(`INSERT INTO customers (name, mood) SELECT 'customer ' || n, 'calm' FROM generate_series(1, 50) n`);
  await legacy.raw(
    `INSERT INTO orders (customer_id, note, amount, big)
     SELECT 1 + n % 50, 'note ' || n, n * 12345678901234567.0123456789, '{"n": 12345678901234567890}'
       FROM generate_series(1, ?) n`,
    [orders],
  );
  await legacy.raw('INSERT INTO items SELECT id, line, id * line * 0.01 FROM orders, generate_series(1, 3) line');
}

async function untilReady(capture: Capture): Promise<void> {
  await until('the read model is ready', () => {
    if (capture.progressOf('summary').state === 'ready') return true;
    throw new Error(`${JSON.stringify(capture.progressOf('summary'))} ${capture.status().error ?? ''}`);
  });
}

async function caughtUp(capture: Capture): Promise<void> {
  await untilReady(capture);
  const position = await capture.source.read();
  capture.source.nudge();
  expect(await capture.applied('summary')!.waitFor(position, 20_000)).toBe(true);
}

test('a backfill beside the stream and the stream after it give exactly what a fresh build gives', async () => {
  await using setup = await setupSync();
  await seed(setup, 5_000);
  const capture = setup.startCapture();
  // Writers that keep going while the backfill runs: some writes between every two of its steps, so that they never outrun it.
  let writing = true;
  const writer = (async () => {
    for (let n = 1; writing; n += 1) {
      const before = capture.progressOf('summary').progress;
      if (n % 20 === 0) {
        await until(
          'the backfill goes on',
          () => !writing || capture.progressOf('summary').progress !== before,
          25_000,
        );
      }
      await setup
        .legacy('orders')
        .where({ id: 1 + ((n * 37) % 5_000) })
        .update({ note: `changed ${n}` });
      await setup
        .legacy('items')
        .where({ order_id: 1 + ((n * 91) % 5_000), line: 2 })
        .delete();
      if (n % 7 === 0)
        await setup
          .legacy('customers')
          .where({ id: 1 + (n % 50) })
          .update({ name: `renamed ${n}`, mood: 'busy' });
    }
  })();
  await untilReady(capture);
  writing = false;
  await writer;
  await caughtUp(capture);
  expect(await setup.actual()).toEqual(await setup.expected());
  expect(await setup.actual()).toHaveLength(5_000);
});

test('inserts, key changes, deletes with cascade and truncates reach the read model', async () => {
  await using setup = await setupSync();
  await seed(setup, 40);
  const capture = setup.startCapture();
  await caughtUp(capture);
  await setup.legacy.raw(`INSERT INTO orders (id, customer_id, amount) VALUES (900, 3, '0.0000000001')`);
  await setup.legacy.raw('INSERT INTO items VALUES (900, 1, 1e-7), (900, 2, 99999999999999999999.5)');
  await setup.legacy.raw('UPDATE items SET order_id = 900, line = 9 WHERE order_id = 5 AND line = 1');
  await setup.legacy.raw('UPDATE orders SET customer_id = 7 WHERE id = 6');
  await setup.legacy.raw('DELETE FROM orders WHERE id BETWEEN 10 AND 15');
  await setup.legacy.raw(`UPDATE orders SET at = 'infinity', big = NULL, note = repeat('long ', 3) WHERE id = 20`);
  await caughtUp(capture);
  expect(await setup.actual()).toEqual(await setup.expected());
  await setup.legacy.raw('TRUNCATE items');
  await caughtUp(capture);
  expect(await setup.actual()).toEqual(await setup.expected());
});

test('an unchanged large value that the server does not send is kept, not lost', async () => {
  await using setup = await setupSync();
  await setup.legacy.raw(`INSERT INTO customers (name) VALUES ('one')`);
  // Random text does not compress, so it is stored out of line.
  await setup.legacy.raw(
    `INSERT INTO orders (customer_id, note) SELECT 1, string_agg(md5(random()::text), '') FROM generate_series(1, 2000)`,
  );
  const capture = setup.startCapture();
  await caughtUp(capture);
  await setup.legacy.raw('UPDATE orders SET amount = 5');
  await setup.legacy.raw('UPDATE orders SET id = 77');
  await caughtUp(capture);
  expect(await setup.actual()).toEqual(await setup.expected());
});

test('capture takes up where it stopped, also in the middle of the copy', async () => {
  await using setup = await setupSync();
  await seed(setup, 9_000);
  const first = setup.startCapture();
  await until('copying has begun', () => first.progressOf('summary').progress > 0);
  await first.stop();
  await setup.legacy.raw('UPDATE orders SET note = note || note WHERE id % 3 = 0');
  await setup.legacy.raw('DELETE FROM items WHERE line = 3');
  const second = setup.startCapture();
  await caughtUp(second);
  expect(await setup.actual()).toHaveLength(9_000);
  expect(await setup.actual()).toEqual(await setup.expected());
});

test('received, applied and acknowledged positions are kept apart and never pass each other', async () => {
  await using setup = await setupSync();
  await seed(setup, 10);
  const capture = setup.startCapture();
  await caughtUp(capture);
  await setup.legacy.raw(`UPDATE orders SET note = 'x'`);
  await caughtUp(capture);
  const { received, applied, acknowledged } = capture.status();
  expect(received! >= applied!).toBe(true);
  expect(applied! >= acknowledged!).toBe(true);
  const stored = await setup.target('fig.projection').first('position');
  expect(BigInt(stored.position) >= acknowledged!).toBe(true);
});

test('a slot that was advanced behind our back makes the read model be built again, not be wrong', async () => {
  await using setup = await setupSync();
  await seed(setup, 30);
  const first = setup.startCapture();
  await caughtUp(first);
  await first.stop();
  await setup.legacy.raw(`UPDATE orders SET note = 'missed'`);
  await until('the slot can be advanced', () =>
    setup.legacy
      .raw(
        `SELECT pg_replication_slot_advance(slot_name, pg_current_wal_insert_lsn()) FROM pg_replication_slots WHERE database = current_database()`,
      )
      .then(() => true),
  );
  const second = setup.startCapture();
  await caughtUp(second);
  expect(await setup.actual()).toEqual(await setup.expected());
});

test('preflight refuses a table whose publication would make legacy writes fail, and touches nothing', async () => {
  await using setup = await setupSync();
  await setup.legacy.raw('ALTER TABLE items DROP CONSTRAINT items_pkey');
  const capture = setup.startCapture();
  const error = await until('preflight has spoken', () => capture.status().error);
  expect(error).toContain('public.items: has no replica identity');
  await capture.stop();
  const made = await setup.legacy.raw(
    `SELECT count(*)::int AS n FROM pg_publication UNION ALL SELECT count(*)::int FROM pg_replication_slots WHERE database = current_database()`,
  );
  expect(made.rows.map(({ n }: { n: number }) => n)).toEqual([0, 0]);
});

test('columns that come and go in legacy make the read model be built again, never hold made-up nulls', async () => {
  await using setup = await setupSync();
  await seed(setup, 30);
  const capture = setup.startCapture();
  await caughtUp(capture);
  await setup.legacy.raw('ALTER TABLE orders ADD COLUMN extra text');
  await setup.legacy.raw(`UPDATE orders SET extra = 'new', note = 'after the new column'`);
  await caughtUp(capture);
  expect(await setup.actual()).toEqual(await setup.expected());

  // A rename takes away a column that build needs: the read model must not be read until that is mended.
  await setup.legacy.raw('ALTER TABLE orders RENAME note TO remark');
  await setup.legacy.raw(`UPDATE orders SET remark = 'renamed' WHERE id = 5`);
  await until('the read model is out of use', () => capture.applied('summary')!.current() === undefined);
  await setup.legacy.raw('ALTER TABLE orders RENAME remark TO note');
  await caughtUp(capture);
  expect(await setup.actual()).toEqual(await setup.expected());
});

test('a position past the end of the log, as after a restore, makes the read model be built again', async () => {
  await using setup = await setupSync();
  await seed(setup, 30);
  const first = setup.startCapture();
  await caughtUp(first);
  await first.stop();
  await setup.target('fig.projection').update({ position: (2n ** 50n).toString() });
  await setup.legacy.raw(`UPDATE orders SET note = 'after the restore'`);
  const second = setup.startCapture();
  await caughtUp(second);
  expect(await setup.actual()).toEqual(await setup.expected());
});
