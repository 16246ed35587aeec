import { describe, expect, test } from 'vitest';
import type { Capture } from '../../../src/sync/capture/capture.ts';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';

/** One megabyte of text that does not compress, so that it is stored out of line. */
const LARGE = `(SELECT string_agg(md5(random()::text || n || g), '') FROM generate_series(1, 32768) n)`;

async function seed({ legacy }: SyncSetup, orders: number): Promise<void> {
  await legacy.raw(`INSERT INTO customers (name) VALUES ('one')`);
  await legacy.raw(
    `INSERT INTO orders (customer_id, note, amount) SELECT 1, ${LARGE}, 1 FROM generate_series(1, ?) g`,
    [orders],
  );
}

async function caughtUp(capture: Capture): Promise<void> {
  await until('the read model is ready', () => {
    const progress = capture.progressOf('summary');
    if (progress.state === 'ready') return true;
    throw new Error(`${JSON.stringify(progress)} ${capture.status().error ?? ''}`);
  });
  const position = await capture.source.read();
  capture.source.nudge();
  await until('what was written is applied', () => (capture.applied('summary')!.current() ?? 0n) >= position);
}

/** Digests: a failure that prints megabytes helps nobody. */
function digests(table: string): string {
  return `SELECT id::text, md5(note) AS digest, length(note) AS length FROM ${table} ORDER BY id`;
}

async function expectEqual(setup: SyncSetup): Promise<void> {
  const theirs = (await setup.legacy.raw(digests('orders'))) as { rows: unknown[] };
  const mirrored = (await setup.target.raw(digests('mirror_summary_v1.orders'))) as { rows: unknown[] };
  expect(mirrored.rows).toEqual(theirs.rows);
  const built = await setup.target.raw(digests('(SELECT order_id AS id, note FROM rm_summary_v1.summary) s'));
  expect((built as { rows: unknown[] }).rows).toEqual(theirs.rows);
}

describe.each(['DEFAULT', 'FULL'])('with replica identity %s', (identity) => {
  test('an update of another column leaves the large value as it is', async () => {
    await using setup = await setupSync();
    await setup.legacy.raw(`ALTER TABLE orders REPLICA IDENTITY ${identity}`);
    await seed(setup, 2);
    const capture = setup.startCapture();
    await caughtUp(capture);
    await setup.legacy.raw('UPDATE orders SET amount = amount + 1');
    await setup.legacy.raw('UPDATE orders SET amount = amount + 1; UPDATE orders SET amount = amount + 1 WHERE id = 2');
    await caughtUp(capture);
    await expectEqual(setup);
  });

  test('so does a change of the key, to and fro, within one transaction and between two', async () => {
    await using setup = await setupSync();
    await setup.legacy.raw(`ALTER TABLE orders REPLICA IDENTITY ${identity}`);
    await seed(setup, 3);
    const capture = setup.startCapture();
    await caughtUp(capture);
    await setup.legacy.raw('UPDATE orders SET id = id + 100, amount = 2');
    await setup.legacy.raw(
      'BEGIN; UPDATE orders SET id = 1 WHERE id = 101; UPDATE orders SET amount = 3 WHERE id = 1; UPDATE orders SET id = 200 WHERE id = 1; COMMIT',
    );
    // Two rows change places by way of a third key.
    await setup.legacy.raw(
      'BEGIN; UPDATE orders SET id = 7 WHERE id = 102; UPDATE orders SET id = 102 WHERE id = 103; UPDATE orders SET id = 103 WHERE id = 7; COMMIT',
    );
    await caughtUp(capture);
    await expectEqual(setup);
  });

  test(
    'rows that are updated and change their keys before they are copied arrive whole',
    { timeout: 60_000 },
    async () => {
      await using setup = await setupSync();
      await setup.legacy.raw(`ALTER TABLE orders REPLICA IDENTITY ${identity}`);
      await seed(setup, 3);
      // Small rows, so that the copy takes several chunks before it gets to the large ones.
      await setup.legacy.raw(
        `INSERT INTO orders (id, customer_id, note) SELECT -n, 1, 'small' FROM generate_series(1, 9000) n`,
      );
      const capture = setup.startCapture();
      await until('copying has begun', () => capture.progressOf('summary').progress > 0);
      await setup.legacy.raw('UPDATE orders SET amount = 5 WHERE id > 0');
      await setup.legacy.raw('UPDATE orders SET id = id + 1000 WHERE id IN (1, 2)');
      // Behind what is copied already: the copy would pass it by.
      await setup.legacy.raw('UPDATE orders SET id = -100000 WHERE id = 3');
      await caughtUp(capture);
      await expectEqual(setup);
    },
  );

  test('after a truncate in the same transaction nothing of the old value is left', async () => {
    await using setup = await setupSync();
    await setup.legacy.raw(`ALTER TABLE orders REPLICA IDENTITY ${identity}`);
    await seed(setup, 1);
    const capture = setup.startCapture();
    await caughtUp(capture);
    await setup.legacy.raw(`
      BEGIN; UPDATE orders SET amount = 9; TRUNCATE orders, items;
      INSERT INTO orders (id, customer_id, note) SELECT 1, 1, ${LARGE} FROM generate_series(1, 1) g;
      UPDATE orders SET amount = 4; UPDATE orders SET id = 2; COMMIT`);
    await caughtUp(capture);
    await expectEqual(setup);
  });
});
