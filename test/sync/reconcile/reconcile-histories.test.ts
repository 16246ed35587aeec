import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SyncSetup } from '../fixtures.ts';
import { setupSync } from '../fixtures.ts';
import { caughtUp, differences, reconcile, seedOrders, untilReady } from './reconcile-support.ts';

type Step = (setup: SyncSetup, id: number, n: number) => Promise<unknown>;

const steps: Readonly<Record<string, Step>> = {
  change: ({ legacy }, id, n) => legacy.raw('UPDATE orders SET note = ? WHERE id = ?', [`note ${n}`, id]),
  changeMany: ({ legacy }, id, n) =>
    legacy.raw('UPDATE orders SET amount = ? WHERE id BETWEEN ? AND ?', [n, id, id + 40]),
  insert: ({ legacy }, id, n) =>
    legacy.raw('INSERT INTO orders (id, customer_id, note) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', [
      id,
      1 + (n % 50),
      `new ${n}`,
    ]),
  insertItem: ({ legacy }, id, n) =>
    legacy.raw('INSERT INTO items SELECT id, ?, 1.5 FROM orders WHERE id = ? ON CONFLICT DO NOTHING', [n % 9, id]),
  moveItem: ({ legacy }, id, n) =>
    legacy.raw('UPDATE items SET line = line + ? WHERE order_id = ?', [n % 2 === 0 ? 100 : -100, id]),
  moveToOther: ({ legacy }, id, n) =>
    legacy.raw(
      `UPDATE items SET order_id = (SELECT max(id) FROM orders), line = ? WHERE order_id = ? AND line = 1
          AND NOT EXISTS (SELECT 1 FROM items WHERE line = ?)`,
      [n + 1_000, id, n + 1_000],
    ),
  remove: ({ legacy }, id) => legacy.raw('DELETE FROM orders WHERE id = ?', [id]),
  rename: ({ legacy }, id, n) =>
    legacy.raw('UPDATE customers SET name = ?, mood = NULL WHERE id = ?', [`name ${n}`, 1 + (id % 50)]),
  truncate: ({ legacy }) => legacy.raw('TRUNCATE items'),
  refill: ({ legacy }) =>
    legacy.raw(
      'INSERT INTO items SELECT id, line, 2.25 FROM orders, generate_series(1, 3) line ON CONFLICT DO NOTHING',
    ),
  rollBack: async ({ legacy }, id) => {
    const tx = await legacy.transaction();
    await tx.raw('UPDATE orders SET note = NULL WHERE id BETWEEN ? AND ?', [id, id + 10]);
    await tx.raw('SELECT pg_sleep(0.005)');
    await tx.rollback();
  },
  commitLate: async ({ legacy }, id, n) => {
    const tx = await legacy.transaction();
    await tx.raw('UPDATE orders SET note = ? WHERE id BETWEEN ? AND ?', [`late ${n}`, id, id + 5]);
    await tx.raw('SELECT pg_sleep(0.01)');
    await tx.commit();
  },
};

const history = fc.array(
  fc.record({
    step: fc.constantFrom(...Object.keys(steps)),
    id: fc.integer({ min: 1, max: 250 }),
    n: fc.integer({ min: 1, max: 1_000_000 }),
  }),
  { minLength: 60, maxLength: 120 },
);

/** Three writers, each with its share. Deadlocks and broken keys are the legacy app's to suffer, not ours. */
async function write(setup: SyncSetup, all: readonly { step: string; id: number; n: number }[]): Promise<void> {
  const writer = async (which: number): Promise<void> => {
    for (const { step, id, n } of all.filter((_, i) => i % 3 === which)) {
      await steps[step]!(setup, id, n).catch((error: unknown) => {
        if (!/deadlock|violates|duplicate/.test(String(error))) throw error;
      });
    }
  };
  await Promise.all([0, 1, 2].map(writer));
}

test('whatever legacy writes meanwhile, a read model that keeps up is never said to differ', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 250);
  const capture = setup.startCapture();
  await untilReady(capture);
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(history, async (writes) => {
      let writing = true;
      const writer = write(setup, writes).finally(() => {
        writing = false;
      });
      do {
        const result = await reconcile(capture);
        runs += 1;
        expect({ state: result.state, differences: differences(result) }).toEqual({ state: 'clean', differences: {} });
      } while (writing);
      await writer;
      await caughtUp(capture);
      expect(await setup.actual()).toEqual(await setup.expected());
    }),
    { numRuns: 8, endOnFailure: true },
  );
  expect(runs).toBeGreaterThanOrEqual(8);
}, 120_000);

test('planted differences are found and repaired while writes go on, in rows that are written and in others', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 400);
  const capture = setup.startCapture();
  await untilReady(capture);
  await fc.assert(
    fc.asyncProperty(history, async (writes) => {
      const { target } = setup;
      // Rows past 250 are written by nobody but the planting.
      await target.raw(`UPDATE mirror_summary_v1.orders SET note = 'planted' WHERE id IN (20, 21, 300)`);
      await target.raw('DELETE FROM mirror_summary_v1.orders WHERE id = 310');
      await target.raw(
        `INSERT INTO mirror_summary_v1.orders (id, customer_id) VALUES (9001, 1) ON CONFLICT DO NOTHING`,
      );
      await target.raw('DELETE FROM rm_summary_v1.summary WHERE order_id = 320');
      const writer = write(
        setup,
        writes.filter(({ step }) => step !== 'truncate' && step !== 'changeMany'),
      );
      const result = await reconcile(capture, { repair: true });
      expect(result.state).toBe('repaired');
      const orders = result.parts.find(({ name }) => name === 'public.orders')!;
      expect(orders).toMatchObject({ missing: 1, extra: 1 });
      expect(orders.different).toBeGreaterThanOrEqual(1);
      await writer;
      await caughtUp(capture);
      expect(await setup.actual()).toEqual(await setup.expected());
      expect((await reconcile(capture)).state).toBe('clean');
    }),
    { numRuns: 4, endOnFailure: true },
  );
}, 120_000);
