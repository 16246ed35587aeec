import { expect, test } from 'vitest';
import { gateHealth } from '../../../src/app/deciding/gate-health.ts';
import { SimpleReadModels } from '../../../src/app/following/simple-read-models.ts';
import { normalizeConfig } from '../../../src/config/normalize-config.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import type { Position } from '../../../src/kernel/position.ts';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { seedOrders } from '../poison.ts';
import { makeShops, shops } from '../shops-model.ts';
import { summary } from '../summary-model.ts';
import { caughtUp, confirmed, soon, untilFailed, walSender } from '../two-models.ts';

const timeout = 90_000;

const both = { ...soon, readModels: [summary, shops] };

async function shopsAreRight({ legacy, target }: SyncSetup): Promise<void> {
  const stored = await target('rm_other_v1.other').select('id', 'name').orderBy('id');
  expect(stored).toEqual(await legacy('shops').select('id', 'name').orderBy('id'));
}

test(
  'a table that loses its key takes out only the read model that is made from it, which comes back when it has one',
  { timeout },
  async () => {
    await using setup = await setupSync();
    await seedOrders(setup, 30);
    await makeShops(setup);
    const told: (Position | undefined)[] = [];
    const capture = setup.startCapture({
      ...both,
      onPosition: (model, at) => void (model === 'summary_v1' && told.push(at)),
    });
    await caughtUp(capture, 'summary');
    await caughtUp(capture, 'other');
    told.length = 0;
    await setup.legacy.raw('ALTER TABLE shops DROP CONSTRAINT shops_pkey');
    await untilFailed(capture);
    expect(capture.progressOf('other').error).toContain('public.shops: has no replica identity');
    await until('the status tells', () => capture.status().error?.includes('public.shops: has no replica identity'));
    expect(capture.applied('other')!.current()).toBeUndefined();
    // Legacy's own updates work again, as its table is not published any more.
    await setup.legacy.raw(`UPDATE shops SET name = 'while it is refused' WHERE id = 1`);
    await setup.legacy.raw(`UPDATE orders SET note = 'beside it'`);
    await caughtUp(capture, 'summary');
    expect(await setup.actual()).toEqual(await setup.expected());
    expect(capture.heldFor('other')).toBeGreaterThan(0);
    const { position } = await setup.target('fig.projection').where({ name: 'other_v1' }).first('position');
    expect((await confirmed(setup)) <= BigInt(position)).toBe(true);

    await setup.legacy.raw('ALTER TABLE shops ADD PRIMARY KEY (id)');
    await caughtUp(capture, 'other');
    await shopsAreRight(setup);
    expect(capture.heldFor('other')).toBe(0);
    expect(capture.status().error).toBeUndefined();
    expect(told).not.toContain(undefined);
  },
);

test(
  'a table that is refused when fig starts holds its own gate and no other, and nothing is copied again once it is mended',
  { timeout },
  async () => {
    await using setup = await setupSync();
    await seedOrders(setup, 30);
    await makeShops(setup);
    const first = setup.startCapture(both);
    await caughtUp(first, 'summary');
    await caughtUp(first, 'other');
    await first.stop();
    const tables = `SELECT 'mirror_other_v1.shops'::regclass::oid::text AS mirror`;
    const before = (await setup.target.raw(tables)).rows;

    await setup.legacy.raw('CREATE TABLE more () INHERITS (shops)');
    const capture = setup.startCapture(both);
    await caughtUp(capture, 'summary');
    await untilFailed(capture);
    const session = await walSender(setup);
    const query = { 'GET /x': () => undefined };
    const config = normalizeConfig(
      {
        legacy: { url: 'http://legacy.internal', database: setup.legacyUrl },
        features: [
          { name: 'orders', readModel: summary, queries: query },
          { name: 'shops', readModel: shops, queries: { 'GET /y': () => undefined } },
        ],
      },
      'fig.config.ts',
    );
    const simple = new SimpleReadModels({
      config,
      storeUrl: setup.targetUrl,
      capture,
      onProgress: () => undefined,
      onPosition: () => undefined,
      log: silentLog,
    });
    const [ofOrders, ofShops] = config.features.map((feature) => gateHealth(feature, capture, simple));
    await simple.stop();
    expect(ofOrders).toMatchObject({ readModelReady: true });
    expect(ofOrders).not.toHaveProperty('captureError');
    expect(ofShops).toMatchObject({ readModelReady: false });
    await setup.legacy.raw(`UPDATE shops SET name = 'while it is refused' WHERE id = 2`);
    await setup.legacy.raw(`UPDATE orders SET note = 'beside it'`);
    await caughtUp(capture, 'summary');
    expect(await walSender(setup)).toBe(session);

    await setup.legacy.raw('DROP TABLE more');
    await caughtUp(capture, 'other');
    await shopsAreRight(setup);
    expect((await setup.target.raw(tables)).rows).toEqual(before);
    await until('the others go on', async () => {
      await caughtUp(capture, 'summary');
      return (await setup.actual()).join() === (await setup.expected()).join();
    });
  },
);

test(
  'log is kept for a refused read model up to the bound; it is copied again when its table is mended',
  { timeout },
  async () => {
    await using setup = await setupSync();
    await seedOrders(setup, 30);
    await makeShops(setup);
    const codes: unknown[] = [];
    const warn = (fields: Readonly<Record<string, unknown>>): void => void codes.push(fields['code']);
    const capture = setup.startCapture({ ...both, maxBehind: 100_000, log: { ...silentLog, warn } });
    await caughtUp(capture, 'summary');
    await caughtUp(capture, 'other');
    await setup.legacy.raw('ALTER TABLE shops DROP CONSTRAINT shops_pkey');
    await untilFailed(capture);
    const { position } = await setup.target('fig.projection').where({ name: 'other_v1' }).first('position');
    await setup.legacy.raw(`UPDATE orders SET note = repeat('long ', 2000)`);
    for (let n = 0; n < 3; n += 1) await setup.legacy.raw(`UPDATE orders SET note = note || repeat('longer ', 2000)`);
    await setup.legacy.raw(`UPDATE shops SET name = 'while it is refused'`);
    await until('the log is let go of', async () => (await confirmed(setup)) > BigInt(position));
    expect(codes).toContain('FIG_READ_MODEL_GIVEN_UP');
    await setup.legacy.raw('ALTER TABLE shops ADD PRIMARY KEY (id)');
    await caughtUp(capture, 'other');
    await shopsAreRight(setup);
  },
);

test('a look at refused tables that fails takes nothing from the others, and is made again', { timeout }, async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 30);
  await makeShops(setup);
  await setup.legacy.raw('ALTER TABLE shops DROP CONSTRAINT shops_pkey');
  const capture = setup.startCapture(both);
  await caughtUp(capture, 'summary');
  await untilFailed(capture);
  const session = await walSender(setup);
  const lookWaits = async (): Promise<boolean> => {
    const found = await setup.legacy.raw(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'fig refused tables'
          AND wait_event_type = 'Lock'`,
    );
    return found.rowCount > 0;
  };
  const lock = await setup.legacy.transaction();
  try {
    // Nobody else reads it.
    await lock.raw('LOCK TABLE pg_catalog.pg_inherits IN ACCESS EXCLUSIVE MODE');
    await until('the look waits for a lock', lookWaits);
    await until('it has given up', async () => !(await lookWaits()));
  } finally {
    await lock.rollback();
  }
  await setup.legacy.raw(`UPDATE orders SET note = 'meanwhile'`);
  await caughtUp(capture, 'summary');
  expect(await walSender(setup)).toBe(session);
  await setup.legacy.raw('ALTER TABLE shops ADD PRIMARY KEY (id)');
  await caughtUp(capture, 'other');
  await shopsAreRight(setup);
});
