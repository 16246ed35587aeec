import { Client } from 'pg';
import { expect, test } from 'vitest';
import { setupSync } from '../fixtures.ts';
import { caughtUp, poisoned, seedOrders } from '../poison.ts';
import { startLargeServer, startMeasuredCapture } from '../support/measured-capture.ts';
import { summary } from '../summary-model.ts';

const others = (lines: readonly string[]): readonly string[] =>
  lines.filter((line) => !line.includes('"order_id" : 5,'));
const limit = 180 * 1024 ** 2;

test('two million keys that one row makes dirty are built within 180 MiB', { timeout: 240_000 }, async () => {
  await using server = await startLargeServer();
  const [legacy, target] = ['legacy', 'target'].map((name) => new Client({ connectionString: server.url(name) }));
  await Promise.all([legacy!.connect(), target!.connect()]);
  try {
    await legacy!.query('CREATE TABLE things (id bigint PRIMARY KEY, number int)');
    await legacy!.query('CREATE TABLE lists (id int PRIMARY KEY, text text)');
    await legacy!.query('INSERT INTO things SELECT n * 200000, 1 FROM generate_series(1, 10) n');
    await legacy!.query(`INSERT INTO lists VALUES (1, 'first')`);
    await using capture = await startMeasuredCapture(server.url('legacy'), server.url('target'), 'plucked');
    const before = await capture.ask();
    await legacy!.query(`UPDATE lists SET text = 'second'`);
    const after = await capture.caughtUp(legacy!, 200_000);
    const { rows } = await target!.query('SELECT text, count(*)::int AS count FROM rm_things_v1.things GROUP BY text');
    expect(rows).toEqual([{ text: 'second', count: 10 }]);
    console.log(`two million keys: peak ${before.peakRss >> 20} MiB before, ${after.peakRss >> 20} MiB after`);
    expect(after.peakRss).toBeLessThan(limit);
  } finally {
    await Promise.all([legacy!.end(), target!.end()]);
  }
});

test(
  'keys that do not fit are built like the others, also where some rows of the batch fail and as parts of a truncate',
  { timeout: 120_000 },
  async () => {
    const { customers, orders } = summary.sources;
    const many = 51_000;
    const model = poisoned({
      sources: {
        ...summary.sources,
        orders: {
          ...orders!,
          // One with a list instead of a query.
          dirty: (row) => [
            String(row['id']),
            ...Array.from({ length: row['note'] === 'many' ? many : 0 }, (_, n) => n),
          ],
        },
        customers: {
          ...customers!,
          dirty: (row, mirror) =>
            mirror('orders')
              .where({ customer_id: row['id'] })
              .joinRaw('CROSS JOIN generate_series(1, ?) AS n', [many])
              .pluck('orders.id') as Promise<string[]>,
        },
      },
    });
    await using setup = await setupSync();
    const { legacy, target } = setup;
    await seedOrders(setup, 20);
    const capture = setup.startCapture({ readModels: [model] });
    await caughtUp(capture);
    await target.raw(`ALTER TABLE rm_summary_v1.summary ADD CHECK (note <> 'poison')`);
    await legacy.transaction(async (tx) => {
      await tx.raw(`UPDATE customers SET name = 'new ' || id`);
      await tx.raw(`UPDATE orders SET note = CASE id WHEN 5 THEN 'poison' WHEN 6 THEN 'many' ELSE 'new' END`);
    });
    await caughtUp(capture);
    expect(capture.lettersOf('summary').parked).toEqual(['5']);
    expect(others(await setup.actual())).toEqual(others(await setup.expected()));
    await legacy.raw('TRUNCATE items');
    await legacy.raw('TRUNCATE customers CASCADE');
    await caughtUp(capture);
    expect(others(await setup.actual())).toEqual([]);
  },
);
