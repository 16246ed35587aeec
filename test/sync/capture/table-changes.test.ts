import { expect, test } from 'vitest';
import type { Capture } from '../../../src/sync/capture/capture.ts';
import type { Position } from '../../../src/kernel/position.ts';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { soon } from '../two-models.ts';

/** Changes that send no rows are noticed soon; this is to hold on a busy machine as well. */
const BUDGET_MS = 60_000;

async function seed({ legacy }: SyncSetup): Promise<void> {
  await legacy.raw(`INSERT INTO customers (name, mood) SELECT 'customer ' || n, 'calm' FROM generate_series(1, 5) n`);
  await legacy.raw(
    `INSERT INTO orders (customer_id, note, amount) SELECT 1 + n % 5, 'note ' || n, n FROM generate_series(1, 30) n`,
  );
  await legacy.raw('INSERT INTO items SELECT id, line, id * line FROM orders, generate_series(1, 2) line');
}

async function untilReady(capture: Capture): Promise<void> {
  await until(
    'the read model is ready',
    () => {
      const progress = capture.progressOf('summary');
      if (progress.state === 'ready' && capture.applied('summary')!.current() !== undefined) return true;
      throw new Error(`${JSON.stringify(progress)} ${capture.status().error ?? ''}`);
    },
    BUDGET_MS,
  );
}

/** Equal, and not by chance in passing: at a position that was read after the last write. */
async function untilEqual(setup: SyncSetup, capture: Capture): Promise<void> {
  await until(
    'the read model equals a fresh build',
    async () => {
      const position = await capture.source.read();
      capture.source.nudge();
      expect(await capture.applied('summary')!.waitFor(position, 2_000), capture.status().error).toBe(true);
      expect(await setup.actual()).toEqual(await setup.expected());
      return true;
    },
    BUDGET_MS,
  );
}

/** A mirror that is copied again is another table. */
async function mirrorsOf({ target }: SyncSetup): Promise<Readonly<Record<string, string>>> {
  const found = await target.raw(
    `SELECT c.relname, c.oid::text AS oid FROM pg_class c
      WHERE c.relnamespace = 'mirror_summary_v1'::regnamespace AND c.relkind = 'r'`,
  );
  const rows = (found as { rows: { relname: string; oid: string }[] }).rows;
  return Object.fromEntries(rows.map(({ relname, oid }) => [relname, oid]));
}

test('a rewrite that sends no rows copies that table again, and only that', { timeout: 90_000 }, async () => {
  await using setup = await setupSync();
  await seed(setup);
  const capture = setup.startCapture(soon);
  await untilReady(capture);
  const before = await mirrorsOf(setup);
  await setup.legacy.raw('ALTER TABLE orders ALTER COLUMN amount TYPE numeric(50,10) USING amount * 100');
  await untilEqual(setup, capture);
  const after = await mirrorsOf(setup);
  expect(after['orders']).not.toBe(before['orders']);
  expect({ ...after, orders: '' }).toEqual({ ...before, orders: '' });
  expect(await setup.actual()).toHaveLength(30);
});

test(
  'a column with a default is in every mirrored row, and rows written before it was noticed are right',
  { timeout: 90_000 },
  async () => {
    await using setup = await setupSync();
    await seed(setup);
    const capture = setup.startCapture();
    await untilReady(capture);
    await setup.legacy.raw(`ALTER TABLE orders ADD COLUMN channel text NOT NULL DEFAULT 'web'`);
    await setup.legacy.raw(`UPDATE orders SET channel = 'phone', note = 'by phone' WHERE id = 3`);
    await setup.legacy.raw('DELETE FROM orders WHERE id = 4');
    await untilEqual(setup, capture);
    const rows = await setup.target('mirror_summary_v1.orders').orderBy('id').select('id', 'channel');
    expect(rows).toHaveLength(29);
    expect(rows.filter(({ channel }: { channel: string }) => channel !== 'web')).toEqual([
      { id: '3', channel: 'phone' },
    ]);
  },
);

test('a column that is null in older rows joins the mirror without a copy, and reads stay where they are', async () => {
  await using setup = await setupSync();
  await seed(setup);
  const told: (Position | undefined)[] = [];
  const capture = setup.startCapture({ onPosition: (_name, position) => told.push(position) });
  await untilReady(capture);
  const before = await mirrorsOf(setup);
  told.length = 0;
  await setup.legacy.raw(`UPDATE orders SET note = 'just before' WHERE id = 1`);
  await setup.legacy.raw('ALTER TABLE orders ADD COLUMN extra text');
  await setup.legacy.raw(`UPDATE orders SET extra = 'new', note = 'just after' WHERE id = 2`);
  await untilEqual(setup, capture);
  expect(await mirrorsOf(setup)).toEqual(before);
  expect(told).not.toContain(undefined);
  const extra = await setup.target('mirror_summary_v1.orders').whereNotNull('extra').select('id', 'extra');
  expect(extra).toEqual([{ id: '2', extra: 'new' }]);
});

test('names that change and change back, with writes in between, lose nothing', { timeout: 90_000 }, async () => {
  await using setup = await setupSync();
  await seed(setup);
  const capture = setup.startCapture();
  await untilReady(capture);
  await setup.legacy.raw(`
    ALTER TABLE orders RENAME note TO remark; UPDATE orders SET remark = 'renamed' WHERE id = 5; ALTER TABLE orders RENAME remark TO note`);
  await setup.legacy.raw(`ALTER TABLE items RENAME TO lines`);
  await setup.legacy.raw(`UPDATE lines SET price = 1000 WHERE order_id = 6`);
  await setup.legacy.raw(`ALTER TABLE lines RENAME TO items`);
  await untilEqual(setup, capture);
});

test(
  'names that are swapped and swapped back inside one large transaction lose nothing',
  { timeout: 90_000 },
  async () => {
    await using setup = await setupSync();
    await seed(setup);
    const capture = setup.startCapture();
    await untilReady(capture);
    const swap = `ALTER TABLE orders RENAME note TO aside; ALTER TABLE orders RENAME big TO note; ALTER TABLE orders RENAME aside TO big`;
    await setup.legacy.raw(`
    BEGIN; ${swap}; INSERT INTO orders (customer_id, amount, note, big)
      SELECT 1, n, '{"kept": "in big"}', '"kept in note"' FROM generate_series(1, 11000) n; ${swap}; COMMIT`);
    await untilEqual(setup, capture);
  },
);

test('a table that is dropped and made again is copied again', { timeout: 90_000 }, async () => {
  await using setup = await setupSync();
  await seed(setup);
  const capture = setup.startCapture(soon);
  await untilReady(capture);
  await setup.legacy.raw(`
    CREATE TABLE made_again AS SELECT order_id, line, price + 7 AS price FROM items WHERE order_id <> 9;
    DROP TABLE items; ALTER TABLE made_again RENAME TO items;
    ALTER TABLE items ADD PRIMARY KEY (order_id, line)`);
  await untilEqual(setup, capture);
  await setup.legacy.raw('UPDATE items SET price = 5 WHERE order_id = 1');
  await untilEqual(setup, capture);
});

test('what was done to tables while fig was stopped is noticed when it starts', async () => {
  await using setup = await setupSync();
  await seed(setup);
  const first = setup.startCapture();
  await untilReady(first);
  await first.stop();
  await setup.legacy.raw(`UPDATE orders SET note = 'before the change'`);
  await setup.legacy.raw('ALTER TABLE orders ALTER COLUMN amount TYPE numeric(50,10) USING amount * 100');
  await setup.legacy.raw(`ALTER TYPE mood RENAME VALUE 'calm' TO 'quiet'`);
  await setup.legacy.raw('ALTER TABLE customers ADD COLUMN since date');
  const second = setup.startCapture();
  await untilReady(second);
  await untilEqual(setup, second);
});

test(
  'a table that loses its replica identity is withdrawn, so that legacy can write, and comes back by itself',
  { timeout: 120_000 },
  async () => {
    await using setup = await setupSync();
    await seed(setup);
    const capture = setup.startCapture(soon);
    await untilReady(capture);
    await setup.legacy.raw('ALTER TABLE items DROP CONSTRAINT items_pkey');
    await expect(setup.legacy.raw('UPDATE items SET price = 1')).rejects.toThrow('replica identity');
    await until(
      'legacy can write again',
      () => setup.legacy.raw('UPDATE items SET price = 1').then(() => true),
      BUDGET_MS,
    );
    expect(capture.applied('summary')!.current()).toBeUndefined();
    await until(
      'the reason is told',
      () => capture.status().error?.includes('public.items: has no replica identity'),
      BUDGET_MS,
    );
    await setup.legacy.raw('UPDATE items SET price = 2 WHERE order_id = 2');
    await setup.legacy.raw('ALTER TABLE items ADD PRIMARY KEY (order_id, line)');
    await untilReady(capture);
    await untilEqual(setup, capture);
  },
);

test(
  'tables that are changed while they are copied, with writes before and after, end as a fresh build',
  { timeout: 90_000 },
  async () => {
    await using setup = await setupSync();
    await seed(setup);
    await setup.legacy.raw(
      `INSERT INTO orders (id, customer_id, note, amount) SELECT n, 1, 'more', n FROM generate_series(100, 9000) n`,
    );
    const capture = setup.startCapture();
    await until('copying has begun', () => capture.progressOf('summary').progress > 0);
    await setup.legacy.raw(`UPDATE orders SET note = 'before' WHERE id % 50 = 0`);
    await setup.legacy.raw('ALTER TABLE orders ALTER COLUMN amount TYPE numeric(50,10) USING amount + 0.5');
    await setup.legacy.raw(
      `ALTER TABLE items ADD COLUMN unit text DEFAULT 'piece'; ALTER TABLE customers ADD COLUMN since date`,
    );
    await setup.legacy.raw(`UPDATE orders SET note = 'after', amount = 7 WHERE id % 70 = 0`);
    await setup.legacy.raw(`UPDATE customers SET since = '1899-12-31', name = 'renamed' WHERE id = 2`);
    await setup.legacy.raw('DELETE FROM orders WHERE id % 30 = 0');
    await untilReady(capture);
    await untilEqual(setup, capture);
    const units = await setup.target('mirror_summary_v1.items').whereNot('unit', 'piece').orWhereNull('unit');
    expect(units).toEqual([]);
  },
);
