import { expect, test } from 'vitest';
import { silentLog } from '../../../src/kernel/log.ts';
import { Standstill } from '../../../src/sync/capture/standstill.ts';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { seedOrders } from '../poison.ts';
import { makeShops, shops } from '../shops-model.ts';
import { caughtUp, fillDisk, makeRoom, shortRests, soon, untilFailed } from '../two-models.ts';

const timeout = 90_000;
const maxBehind = 100_000;

async function pad({ legacy }: SyncSetup): Promise<void> {
  await legacy.raw(`SELECT pg_logical_emit_message(false, 'padding', repeat('x', 50000))`);
}

async function slotOf({ legacy }: SyncSetup): Promise<unknown> {
  const { rows } = await legacy.raw(
    'SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE database = current_database()',
  );
  return rows[0];
}

test('only the log that comes while nothing is confirmed is held, not what had come before', () => {
  const standstill = new Standstill();
  expect(standstill.look({ confirmed: 10n, end: 5_000n })).toBe(0n);
  expect(standstill.look({ confirmed: 10n, end: 5_700n })).toBe(700n);
  expect(standstill.heldBytes(undefined)).toBe(700);
  expect(standstill.heldBytes(10n)).toBe(700);
  expect(standstill.heldBytes(11n)).toBe(0);
  expect(standstill.look({ confirmed: 11n, end: 5_800n })).toBe(0n);
  expect(standstill.look({ confirmed: 11n, end: 5_900n })).toBe(100n);
  standstill.over();
  expect(standstill.heldBytes(undefined)).toBe(0);
  expect(standstill.look({ confirmed: 11n, end: 6_000n })).toBe(0n);
});

test(
  'the log that is kept for the only read model is bounded as for any other, and it is copied again',
  { timeout },
  async () => {
    await using setup = await setupSync();
    await seedOrders(setup, 30);
    const codes: unknown[] = [];
    const warn = (fields: Readonly<Record<string, unknown>>): void => void codes.push(fields['code']);
    const log = { ...silentLog, warn };
    const capture = setup.startCapture({ ...soon, setbackRests: shortRests, maxBehind, log });
    await caughtUp(capture, 'summary');
    await fillDisk(setup, 'rm_summary_v1.summary');
    await setup.legacy.raw(`UPDATE orders SET note = 'while the disk is full'`);
    await untilFailed(capture, 'summary');
    await until(
      'it is given up',
      async () => {
        await pad(setup);
        return codes.includes('FIG_READ_MODEL_GIVEN_UP');
      },
      60_000,
    );
    // What is made anew has no trigger that stands for the full disk.
    await caughtUp(capture, 'summary');
    expect(codes).toContain('FIG_SLOT_PASSED');
    expect(await setup.actual()).toEqual(await setup.expected());
    expect(capture.heldFor('summary')).toBe(0);
  },
);

test('how much log is held is told until what failed works again', { timeout }, async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 30);
  const capture = setup.startCapture({ ...soon, setbackRests: shortRests });
  await caughtUp(capture, 'summary');
  await fillDisk(setup, 'rm_summary_v1.summary');
  await setup.legacy.raw(`UPDATE orders SET note = 'while the disk is full'`);
  await untilFailed(capture, 'summary');
  await until('log is held', async () => {
    await pad(setup);
    return capture.heldFor('summary') > 0;
  });
  await makeRoom(setup);
  await caughtUp(capture, 'summary');
  await until('none is held', () => capture.heldFor('summary') === 0);
});

test(
  'a capture that is refused as a whole lets go of the log beyond the bound, and copies again once it is mended',
  { timeout },
  async () => {
    await using setup = await setupSync();
    await makeShops(setup);
    const codes: unknown[] = [];
    const warn = (fields: Readonly<Record<string, unknown>>): void => void codes.push(fields['code']);
    const capture = setup.startCapture({
      ...soon,
      readModels: [shops],
      maxBehind,
      log: { ...silentLog, warn },
    });
    await caughtUp(capture, 'other');
    await setup.legacy.raw('ALTER TABLE shops DROP CONSTRAINT shops_pkey');
    await until('it is refused', () => capture.status().error?.includes('has no replica identity'));
    expect(await slotOf(setup)).toBeDefined();
    await until(
      'the slot is gone',
      async () => {
        await pad(setup);
        return (await slotOf(setup)) === undefined;
      },
      60_000,
    );
    await until('it is told', () => codes.includes('FIG_READ_MODEL_GIVEN_UP'));
    expect(capture.applied('other')!.current()).toBeUndefined();
    await setup.legacy.raw(`UPDATE shops SET name = 'while nobody looked' WHERE id = 2`);
    await setup.legacy.raw('ALTER TABLE shops ADD PRIMARY KEY (id)');
    await caughtUp(capture, 'other');
    const stored = await setup.target('rm_other_v1.other').select('id', 'name').orderBy('id');
    expect(stored).toEqual(await setup.legacy('shops').select('id', 'name').orderBy('id'));
  },
);

test('log that came while fig was stopped is caught up with, however much it is', { timeout }, async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 30);
  const first = setup.startCapture(soon);
  await caughtUp(first, 'summary');
  await first.stop();
  const mirror = async (): Promise<unknown> =>
    (await setup.target.raw(`SELECT 'mirror_summary_v1.orders'::regclass::oid::text AS oid`)).rows;
  const before = await mirror();
  for (let n = 0; n < 10; n += 1) await pad(setup);
  await setup.legacy.raw(`UPDATE orders SET note = 'while it was stopped'`);
  const capture = setup.startCapture({ ...soon, maxBehind });
  await caughtUp(capture, 'summary');
  expect(await setup.actual()).toEqual(await setup.expected());
  expect(await mirror()).toEqual(before);
});
