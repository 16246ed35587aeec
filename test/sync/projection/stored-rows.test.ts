import { expect, test } from 'vitest';
import { defineReadModel } from '../../../src/config/read-model-definition.ts';
import type { Capture } from '../../../src/sync/capture/capture.ts';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';

/** Two of its sources make keys dirty that only the stored row tells: whom an order or a refund belonged to before. */
const balances = defineReadModel({
  name: 'balances',
  version: 1,
  key: 'customer_id',
  root: 'customers',
  table: (t) => {
    t.bigInteger('customer_id').primary();
    t.specificType('ordered', 'numeric');
    t.specificType('refunded', 'numeric');
  },
  sources: {
    customers: { key: 'id', dirty: (row) => [String(row.id)] },
    orders: { key: 'id', dirty: (row) => [String(row.customer_id)] },
    refunds: { key: 'id', dirty: (row) => [String(row.customer_id)] },
  },
  build: (keys, mirror) =>
    mirror('customers as c')
      .whereIn('c.id', [...keys])
      .select({ customer_id: 'c.id' })
      .select(mirror('orders').whereRaw('customer_id = c.id').sum('amount').as('ordered'))
      .select(mirror('refunds').whereRaw('customer_id = c.id').sum('amount').as('refunded')),
});

async function setup(): Promise<SyncSetup> {
  const sync = await setupSync();
  await sync.legacy.raw(`
    CREATE TABLE refunds (id bigint PRIMARY KEY, customer_id bigint NOT NULL, amount numeric);
    INSERT INTO customers (name) SELECT 'customer ' || n FROM generate_series(1, 20) n;
    INSERT INTO orders (id, customer_id, amount) SELECT n, 1 + n % 20, n FROM generate_series(1, 400) n;
    INSERT INTO refunds SELECT n, 1 + n % 20, n FROM generate_series(1, 400) n`);
  return sync;
}

async function caughtUp(capture: Capture): Promise<void> {
  await until('the read model is ready', () => capture.progressOf('balances').state === 'ready');
  const position = await capture.source.read();
  capture.source.nudge();
  expect(await capture.applied('balances')!.waitFor(position, 25_000)).toBe(true);
}

async function expectEqual({ legacy, target }: SyncSetup): Promise<void> {
  const fresh = await legacy.raw(
    `SELECT c.id::text AS customer_id, (SELECT sum(amount)::text FROM orders WHERE customer_id = c.id) AS ordered,
            (SELECT sum(amount)::text FROM refunds WHERE customer_id = c.id) AS refunded FROM customers c ORDER BY c.id`,
  );
  const built = await target.raw(
    `SELECT customer_id::text, ordered::numeric(60,10)::text, refunded::text FROM rm_balances_v1.balances b ORDER BY b.customer_id`,
  );
  expect(built.rows).toEqual(fresh.rows);
}

/** Failures end a session and are mended by the next one, so they must be looked for. */
function failuresOf(sync: SyncSetup): { capture: Capture; failures: () => readonly string[] } {
  const failures: string[] = [];
  const note = (_: unknown, text?: string): void => void failures.push(text ?? '');
  const log = { debug: () => undefined, info: () => undefined, warn: note, error: note };
  return { capture: sync.startCapture({ readModels: [balances], log }), failures: () => failures };
}

const moves = `
  UPDATE orders SET customer_id = 1 + (customer_id + 6) % 20 WHERE id % 3 = 0;
  UPDATE refunds SET customer_id = 1 + (customer_id + 4) % 20 WHERE id % 5 = 0;
  DELETE FROM orders WHERE id % 11 = 0;
  DELETE FROM refunds WHERE id % 7 = 0;`;

test('a batch in which two sources turn out to need their stored rows is applied without an error', async () => {
  await using sync = await setup();
  const { capture, failures } = failuresOf(sync);
  await caughtUp(capture);
  await sync.legacy.raw(`BEGIN; ${moves} COMMIT`);
  await caughtUp(capture);
  await expectEqual(sync);
  expect(failures()).toEqual([]);
});

test('so is a large transaction, whose pieces are read again', async () => {
  await using sync = await setup();
  const { capture, failures } = failuresOf(sync);
  await caughtUp(capture);
  await sync.legacy.raw(`BEGIN;
    INSERT INTO orders (id, customer_id, amount) SELECT n, 1 + n % 20, n FROM generate_series(401, 16000) n;
    INSERT INTO refunds SELECT n, 1 + n % 20, n FROM generate_series(401, 12000) n;
    ${moves} COMMIT`);
  await caughtUp(capture);
  await expectEqual(sync);
  expect(failures()).toEqual([]);
});
