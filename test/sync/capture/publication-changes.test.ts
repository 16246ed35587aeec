import { Client } from 'pg';
import { expect, test } from 'vitest';
import { defineReadModel } from '../../../src/config/read-model-definition.ts';
import type { Capture } from '../../../src/sync/capture/capture.ts';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { seedOrders } from '../poison.ts';
import { caughtUp, soon, untilReady } from '../two-models.ts';

/** Changes that send no rows are noticed soon; this is to hold on a busy machine as well. */
const timeout = 90_000;

/** What a config has that knows nothing of `summary`. */
const parcels = defineReadModel({
  name: 'parcels',
  version: 1,
  key: 'id',
  root: 'parcels',
  table: (t) => t.text('id').primary(),
  sources: { parcels: { key: 'id', dirty: (row) => [String(row.id)] } },
  build: (keys, mirror) =>
    mirror('parcels')
      .whereIn('id', [...keys])
      .select('id'),
});

async function publicationOf({ legacy }: SyncSetup): Promise<string> {
  const found = await legacy.raw('SELECT quote_ident(pubname) AS name FROM pg_publication');
  return found.rows[0].name;
}

async function untilEqual(setup: SyncSetup, capture: Capture): Promise<void> {
  await until(
    'the read model equals a fresh build',
    async () => {
      await caughtUp(capture, 'summary');
      expect(await setup.actual()).toEqual(await setup.expected());
      return true;
    },
    timeout,
  );
}

async function untilLeft(capture: Capture): Promise<void> {
  await until('reads have left', () => capture.applied('summary')!.current() === undefined, timeout);
}

test('a table that is taken out of the publication while fig runs is copied again', { timeout }, async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 5);
  const capture = setup.startCapture(soon);
  await untilReady(capture, 'summary');
  const publication = await publicationOf(setup);
  await setup.legacy.raw(`ALTER PUBLICATION ${publication} DROP TABLE customers`);
  await setup.legacy.raw(`UPDATE customers SET name = 'while it was out'`);
  await untilLeft(capture);
  await untilEqual(setup, capture);
});

test('a table that is taken out of the publication and put back at once is copied again', { timeout }, async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 5);
  const capture = setup.startCapture(soon);
  await untilReady(capture, 'summary');
  const publication = await publicationOf(setup);
  await setup.legacy.raw(`ALTER PUBLICATION ${publication} DROP TABLE customers`);
  await setup.legacy.raw(`UPDATE customers SET name = 'while it was out'`);
  await setup.legacy.raw(`ALTER PUBLICATION ${publication} ADD TABLE customers`);
  await untilLeft(capture);
  await untilEqual(setup, capture);
});

test('the same between two runs of fig', { timeout }, async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 5);
  const first = setup.startCapture();
  await untilReady(first, 'summary');
  await first.stop();
  const publication = await publicationOf(setup);
  await setup.legacy.raw(`ALTER PUBLICATION ${publication} DROP TABLE customers`);
  await setup.legacy.raw(`UPDATE customers SET name = 'while it was out'`);
  await setup.legacy.raw(`ALTER PUBLICATION ${publication} ADD TABLE customers`);
  const second = setup.startCapture();
  await untilReady(second, 'summary');
  await untilEqual(setup, second);
});

test.each(['runs', 'is stopped'])(
  'operations that are not published while fig %s are refused, and once they are again, nothing is missing',
  { timeout },
  async (when) => {
    await using setup = await setupSync();
    await seedOrders(setup, 5);
    let capture = setup.startCapture(soon);
    await untilReady(capture, 'summary');
    const publication = await publicationOf(setup);
    if (when === 'is stopped') await capture.stop();
    await setup.legacy.raw(`ALTER PUBLICATION ${publication} SET (publish = 'insert')`);
    await setup.legacy.raw(`UPDATE customers SET name = 'not published'`);
    await setup.legacy.raw('DELETE FROM items WHERE order_id = 2');
    if (when === 'is stopped') capture = setup.startCapture(soon);
    await until('it is refused', () => capture.status().error?.includes('does not publish all'), timeout);
    expect(capture.applied('summary')!.current()).toBeUndefined();
    await setup.legacy.raw(`ALTER PUBLICATION ${publication} SET (publish = 'insert, update, delete, truncate')`);
    await untilReady(capture, 'summary');
    await untilEqual(setup, capture);
  },
);

test('an operation that is not published for a moment only is found out, too', { timeout }, async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 5);
  const capture = setup.startCapture(soon);
  await untilReady(capture, 'summary');
  const publication = await publicationOf(setup);
  await setup.legacy.raw(`ALTER PUBLICATION ${publication} SET (publish = 'insert')`);
  await setup.legacy.raw(`UPDATE customers SET name = 'not published'`);
  await setup.legacy.raw(`ALTER PUBLICATION ${publication} SET (publish = 'insert, update, delete, truncate')`);
  await untilLeft(capture);
  await untilEqual(setup, capture);
});

test('a second fig with another config takes nothing from the one that holds the slot', { timeout }, async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 5);
  await setup.legacy.raw('CREATE TABLE parcels (id text PRIMARY KEY)');
  const first = setup.startCapture();
  await untilReady(first, 'summary');
  const second = setup.startCapture({ readModels: [parcels] });
  await until('the second waits for the slot', () => second.status().error?.includes('did not start'), timeout);
  await setup.legacy.raw(`UPDATE customers SET name = 'while two were there'`);
  await caughtUp(first, 'summary');
  expect(await setup.actual()).toEqual(await setup.expected());
  const published = async (): Promise<readonly string[]> =>
    (await setup.legacy.raw('SELECT tablename FROM pg_publication_tables ORDER BY 1')).rows.map(
      ({ tablename }: { tablename: string }) => tablename,
    );
  expect(await published()).toEqual(['customers', 'items', 'orders', 'parcels']);
  await first.stop();
  await untilReady(second, 'parcels');
  expect(await published()).toEqual(['parcels']);
  await second.stop();
  await setup.legacy.raw(`UPDATE customers SET name = 'while only the second was there'`);
  const third = setup.startCapture();
  await untilReady(third, 'summary');
  await untilEqual(setup, third);
});

test(
  'a table that somebody is changing is not waited for without end, and whoever does it is named',
  { timeout },
  async () => {
    await using setup = await setupSync();
    await seedOrders(setup, 5);
    const changing = new Client({ connectionString: setup.legacyUrl });
    await changing.connect();
    try {
      await changing.query('BEGIN; ALTER TABLE items ADD COLUMN more text');
      const { rows } = await changing.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const capture = setup.startCapture({ times: { publishBudgetMs: 1_000 } });
      await until('it says so', () => capture.status().error?.includes(`pid ${rows[0]!.pid} (open for`), timeout);
      await changing.query('COMMIT');
      await untilReady(capture, 'summary');
    } finally {
      await changing.end();
    }
  },
);
