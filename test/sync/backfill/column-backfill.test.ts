import { expect, test } from 'vitest';
import type { SyncProgress } from '../../../src/sync/backfill/backfill.ts';
import type { Capture } from '../../../src/sync/capture/capture.ts';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { caughtUp, seedOrders } from '../poison.ts';
import { differences, reconcile } from '../reconcile/reconcile-support.ts';

const addToken = 'ALTER TABLE orders ADD token uuid NOT NULL DEFAULT gen_random_uuid()';

/** Text that does not compress, so that it is stored out of line and not sent again when it did not change. */
const noise = `CREATE FUNCTION noise() RETURNS text VOLATILE LANGUAGE sql AS
  $$ SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 300) $$`;

async function mirrorOid({ target }: SyncSetup): Promise<unknown> {
  return (await target.raw(`SELECT 'mirror_summary_v1.orders'::regclass::oid AS oid`)).rows;
}

async function expectEqual(setup: SyncSetup, capture: Capture): Promise<void> {
  await caughtUp(capture);
  expect(await setup.actual()).toEqual(await setup.expected());
  expect(differences(await reconcile(capture))).toEqual({});
}

/** Captures until a piece of the column is copied, and stops before the next one. Returns how many rows were told of. */
async function captureHalfway(setup: SyncSetup): Promise<{ readonly first: number; readonly last: number }> {
  const told: number[] = [];
  let stopped: Promise<void> | undefined;
  const capture = setup.startCapture({
    onProgress: ({ stage, source, done, total }) => {
      if (stage !== 'copying' || source !== 'public.orders (token)') return;
      told.push(done);
      if (done > told[0]! && done < total) stopped ??= capture.stop();
    },
  });
  await until('some of the column is copied', () => stopped !== undefined);
  await stopped;
  return { first: told[0]!, last: told.at(-1)! };
}

test(
  'a column whose values differ by row is copied alone, while legacy writes, and the mirror keeps its rows',
  { timeout: 90_000 },
  async () => {
    await using setup = await setupSync();
    await seedOrders(setup, 6_000);
    await setup.legacy.raw('DELETE FROM items WHERE order_id % 10 = 0');
    const told: SyncProgress[] = [];
    const capture = setup.startCapture({ onProgress: (progress) => told.push(progress) });
    await caughtUp(capture);
    const before = await mirrorOid(setup);
    told.length = 0;
    await setup.legacy.raw(addToken);
    let writing = true;
    const writer = (async () => {
      for (let n = 1; writing; n += 1) {
        const id = 10 * (1 + ((n * 37) % 600));
        await setup.legacy.raw('UPDATE orders SET id = id + 100000 WHERE id = ?', [id]);
        await setup.legacy.raw('UPDATE orders SET id = -id, token = gen_random_uuid() WHERE id = ?', [6_010 - id]);
        await setup.legacy.raw('UPDATE orders SET note = ? WHERE id = ?', [`changed ${n}`, 1 + ((n * 91) % 6_000)]);
        await setup.legacy.raw('INSERT INTO orders (customer_id) VALUES (2)');
        await setup.legacy.raw('DELETE FROM orders WHERE id = ?', [100_000 + 10 * (1 + ((n * 7) % 600))]);
        // So that they never outrun the copy.
        const seen = told.length;
        if (n % 10 === 0) await until('the copy goes on', () => !writing || told.length > seen, 30_000);
      }
    })();
    await until('the column was copied', () => told.some(({ stage }) => stage === 'building'), 30_000);
    writing = false;
    await writer;
    await expectEqual(setup, capture);
    expect(await mirrorOid(setup)).toEqual(before);
    const copied = new Set(told.filter(({ stage }) => stage === 'copying').map(({ source }) => source));
    expect([...copied]).toEqual(['public.orders (token)']);
  },
);

test(
  'the copy of a column goes on where it was stopped, and takes in another column that came meanwhile',
  { timeout: 90_000 },
  async () => {
    await using setup = await setupSync();
    await seedOrders(setup, 9_000);
    const first = setup.startCapture();
    await caughtUp(first);
    await first.stop();
    const before = await mirrorOid(setup);
    await setup.legacy.raw(addToken);
    await setup.legacy.raw(`UPDATE orders SET note = 'after' WHERE id = 1`);
    const half = await captureHalfway(setup);
    expect(half.first).toBe(0);
    await setup.legacy.raw('UPDATE orders SET token = gen_random_uuid() WHERE id % 3 = 0');
    const more = await captureHalfway(setup);
    expect(more.first).toBeGreaterThanOrEqual(half.last);
    await setup.legacy.raw('ALTER TABLE orders ADD nonce double precision DEFAULT random()');
    const third = setup.startCapture();
    await expectEqual(setup, third);
    expect(await mirrorOid(setup)).toEqual(before);
  },
);

test(
  'a value that was not sent, of a row that is not filled yet and moves to another key, is not taken for null',
  { timeout: 90_000 },
  async () => {
    await using setup = await setupSync();
    await setup.legacy.raw(noise);
    await seedOrders(setup, 200);
    await setup.legacy.raw('DELETE FROM items');
    const first = setup.startCapture();
    await caughtUp(first);
    await first.stop();
    await setup.legacy.raw('ALTER TABLE orders ADD blob text DEFAULT noise()');
    // The copy has been there before they come, if they come at all.
    await setup.legacy.raw('UPDATE orders SET id = -id WHERE id > 190');
    await setup.legacy.raw(`UPDATE orders SET note = 'of the same key' WHERE id < 10`);
    const second = setup.startCapture();
    await expectEqual(setup, second);
  },
);

test(
  'a table whose first copy is not done yet is copied as a whole when a column comes',
  { timeout: 90_000 },
  async () => {
    await using setup = await setupSync();
    await seedOrders(setup, 9_000);
    const first = setup.startCapture();
    await until('copying has begun', async () => {
      const row = await setup.target('fig.backfill').where({ source: 'public.orders' }).first('copied');
      return Number(row?.copied ?? 0) > 0;
    });
    await first.stop();
    await setup.legacy.raw(addToken);
    const second = setup.startCapture();
    await expectEqual(setup, second);
  },
);
