import * as fc from 'fast-check';
import { test } from 'vitest';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { seedOrders } from '../poison.ts';
import { summary } from '../summary-model.ts';
import { bothAreRight, caughtUp, fillDisk, makeRoom, otherModel, shortRests } from '../two-models.ts';

const orders = 12;
const id = fc.integer({ min: 1, max: orders });

/** One write of the legacy app. */
const write = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(id, fc.nat(999)).map(([n, x]) => `UPDATE orders SET amount = ${x} WHERE id = ${n}`),
  },
  fc.tuple(id, fc.nat(99)).map(([n, price]) => `UPDATE items SET price = ${price} WHERE order_id = ${n}`),
  fc.tuple(id, id).map(
    ([a, b]) =>
      `UPDATE items SET order_id = ${a}, line = line + 100 WHERE order_id = ${b} AND line < 100
            AND EXISTS (SELECT FROM orders WHERE id = ${a})
            AND NOT EXISTS (SELECT FROM items taken WHERE taken.order_id = ${a} AND taken.line = items.line + 100)`,
  ),
  id.map((n) => `DELETE FROM orders WHERE id = ${n}`),
  id.map((n) => `INSERT INTO orders (id, customer_id, note) VALUES (${n}, 1, 'again') ON CONFLICT DO NOTHING`),
  fc.nat(4).map((n) => `UPDATE customers SET name = name || '+' WHERE id = ${n + 1}`),
  fc.constant('TRUNCATE items'),
);

/** What happens meanwhile to what `other` is kept in, and to fig. */
const troubles = ['no room for rows', 'no room for the mirror', 'room', 'restart'] as const;
type Step = readonly string[] | (typeof troubles)[number];
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.array(write, { minLength: 1, maxLength: 4 }) },
  fc.constantFrom(...troubles),
);

async function commit({ legacy }: SyncSetup, statements: readonly string[]): Promise<void> {
  await legacy.transaction(async (tx) => {
    for (const statement of statements) await tx.raw(statement);
  });
}

test('whatever the history, one of two read models that fails now and then takes nothing from the other, and both are right in the end', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, orders);
  const start = () => setup.startCapture({ readModels: [summary, otherModel()], setbackRests: shortRests });
  let capture = start();
  await caughtUp(capture, 'other');
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async (history) => {
      for (const each of history) {
        if (typeof each !== 'string') await commit(setup, each);
        else if (each === 'restart') {
          await capture.stop();
          capture = start();
        } else {
          await makeRoom(setup);
          if (each === 'no room for rows') await fillDisk(setup, 'rm_other_v1.other');
          if (each === 'no room for the mirror') await fillDisk(setup, 'mirror_other_v1.orders');
        }
      }
      await caughtUp(capture, 'summary');
      await makeRoom(setup);
      await caughtUp(capture, 'other');
      await bothAreRight(setup);
    }),
    { numRuns: 15 },
  );
}, 120_000);
