import * as fc from 'fast-check';
import knexModule, { type Knex } from 'knex';
import { expect, test } from 'vitest';
import { DeadLetterStore } from '../../../src/store/dead-letter-store.ts';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { storedSummary } from '../summary-model.ts';
import { caughtUp, failsOnPoison, parkedKeys, poisoned, seedOrders, untilState } from '../poison.ts';

const disposable = (knex: Knex) => ({ knex, [Symbol.asyncDispose]: () => knex.destroy() });
const failing = { readModels: [poisoned({ build: failsOnPoison })] };
const orders = 12;
const id = fc.integer({ min: 1, max: orders });

/** One write of the legacy app. */
const write = fc.oneof(
  { weight: 3, arbitrary: id.map((n) => `UPDATE orders SET note = 'poison' WHERE id = ${n}`) },
  { weight: 3, arbitrary: id.map((n) => `UPDATE orders SET note = 'fine' WHERE id = ${n}`) },
  fc.tuple(id, fc.nat(99)).map(([n, price]) => `UPDATE items SET price = ${price} WHERE order_id = ${n}`),
  fc.tuple(id, id).map(
    ([a, b]) =>
      `UPDATE items SET order_id = ${a}, line = line + 100 WHERE order_id = ${b} AND line < 100
            AND NOT EXISTS (SELECT FROM items taken WHERE taken.order_id = ${a} AND taken.line = items.line + 100)
            AND EXISTS (SELECT FROM orders WHERE id = ${a})`,
  ),
  id.map((n) => `DELETE FROM orders WHERE id = ${n}`),
  id.map((n) => `INSERT INTO orders (id, customer_id, note) VALUES (${n}, 1, 'again') ON CONFLICT DO NOTHING`),
  fc.nat(4).map((n) => `UPDATE customers SET name = name || '+' WHERE id = ${n + 1}`),
  fc.constant('TRUNCATE items'),
);
/** Transactions of one or more writes. */
const history = fc.array(fc.array(write, { minLength: 1, maxLength: 4 }), { minLength: 5, maxLength: 25 });

const keyOf = (line: string): string => String((JSON.parse(line) as { order_id: number }).order_id);
const without = (lines: readonly string[], keys: readonly string[]): readonly string[] =>
  lines.filter((line) => !keys.includes(keyOf(line)));

async function replay({ legacy }: SyncSetup, transactions: readonly (readonly string[])[]): Promise<void> {
  for (const statements of transactions) {
    await legacy.transaction(async (tx) => {
      for (const statement of statements) await tx.raw(statement);
    });
  }
}

test('whatever the history, all keys but the parked ones are right at every fence, and all are once nothing is poison', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, orders);
  const capture = setup.startCapture(failing);
  await caughtUp(capture);
  await fc.assert(
    fc.asyncProperty(history, async (transactions) => {
      await replay(setup, transactions);
      await caughtUp(capture);
      const parked = parkedKeys(capture);
      expect(without(await setup.actual(), parked)).toEqual(without(await setup.expected(), parked));
      const poison: { id: string }[] = await setup.legacy('orders').where({ note: 'poison' }).select('id');
      for (const { id: key } of poison) expect(parked).toContain(key);
      await setup.legacy.raw(`UPDATE orders SET note = 'mended' WHERE note = 'poison'`);
      await caughtUp(capture);
      await setup.target('fig.dead_letter').update({ next_at: setup.target.raw('clock_timestamp()') });
      await until('nothing is parked', () => parkedKeys(capture).length === 0);
      expect(await setup.actual()).toEqual(await setup.expected());
    }),
    { numRuns: 12 },
  );
}, 120_000);

test('cut connections park nothing: the batch is tried again', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, orders);
  const capture = setup.startCapture(failing);
  await caughtUp(capture);
  // Not the capture's own pool: a query of the test could be given a connection that was just cut.
  await using apart = disposable(knexModule({ client: 'pg', connection: setup.targetUrl }));
  for (let n = 0; n < 5; n += 1) {
    const writing = setup.legacy.raw('UPDATE orders SET amount = ?', [n]);
    await apart.knex.raw(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'fig projection' AND datname = current_database()`,
    );
    await writing;
  }
  await caughtUp(capture);
  expect(await storedSummary(apart.knex)).toEqual(await setup.expected());
  expect(await new DeadLetterStore().list(apart.knex)).toEqual([]);
});

test('a paused read model that is stopped and started stays paused, and mends', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, orders);
  const first = setup.startCapture({ ...failing, maxLetters: () => 0 });
  await caughtUp(first);
  await setup.legacy.raw(`UPDATE orders SET note = 'poison' WHERE id = 3`);
  await untilState(first, 'paused');
  await first.stop();
  await setup.legacy.raw(`UPDATE orders SET amount = 1`);
  const second = setup.startCapture({ ...failing, maxLetters: () => 0 });
  await untilState(second, 'paused');
  expect(second.applied('summary')!.current()).toBeUndefined();
  await setup.legacy.raw(`UPDATE orders SET note = 'mended' WHERE id = 3`);
  await caughtUp(second);
  expect(await setup.actual()).toEqual(await setup.expected());
});
