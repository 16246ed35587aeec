import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { silentLog } from '../../../src/kernel/log.ts';
import type { ReadModelDefinition } from '../../../src/config/read-model-definition.ts';
import type { Position } from '../../../src/kernel/position.ts';
import { until } from '../../support/until.ts';
import { setupSync } from '../fixtures.ts';
import { seedOrders } from '../poison.ts';
import { makeShops, shops } from '../shops-model.ts';
import { summary } from '../summary-model.ts';
import { OwnServer } from '../support/own-server.ts';
import {
  bothAreRight,
  caughtUp,
  confirmed,
  fillDisk,
  fillDiskOnceMade,
  makeRoom,
  otherModel,
  shortRests,
  soon,
  storedOther,
  untilFailed,
  untilReady,
  walSender,
} from '../two-models.ts';

const both = { readModels: [summary, otherModel()], setbackRests: shortRests };

test('a read model that fails is left behind: the other goes on in the same session, and nothing the failed one needs is forgotten', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 30);
  const told: (Position | undefined)[] = [];
  const capture = setup.startCapture({
    ...both,
    onPosition: (model, at) => void (model === 'other_v1' && told.push(at)),
  });
  await untilReady(capture, 'summary');
  await caughtUp(capture, 'other');
  const session = await walSender(setup);
  await fillDisk(setup);
  const before = await storedOther(setup);
  await setup.legacy.raw(`UPDATE orders SET note = 'while the disk is full' WHERE id < 20`);
  await untilFailed(capture);
  expect(capture.applied('other')!.current()).toBeUndefined();
  expect(told.at(-1)).toBeUndefined();
  expect(capture.progressOf('other').error).toContain('no room is left on the disk');
  for (let n = 0; n < 5; n += 1) {
    await setup.legacy.raw('UPDATE items SET price = price + 1');
    await caughtUp(capture, 'summary');
    expect(await setup.actual()).toEqual(await setup.expected());
  }
  expect(await walSender(setup)).toBe(session);
  expect(await storedOther(setup)).toEqual(before);
  const { position } = await setup.target('fig.projection').where({ name: 'other_v1' }).first('position');
  expect((await confirmed(setup)) <= BigInt(position)).toBe(true);
  expect(capture.heldFor('other')).toBeGreaterThan(0);
  expect(capture.heldFor('summary')).toBe(0);

  const end = await capture.source.read();
  await makeRoom(setup);
  await caughtUp(capture, 'other');
  await caughtUp(capture, 'summary');
  await bothAreRight(setup);
  expect(capture.heldFor('other')).toBe(0);
  // What it stood at when it worked again was old, and nobody was told.
  const first = told[told.lastIndexOf(undefined) + 1];
  expect(first! >= end).toBe(true);
});

test('read models are written side by side: one that waits for a lock does not keep the other waiting', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 30);
  const capture = setup.startCapture({ readModels: [otherModel(), summary] });
  await caughtUp(capture, 'other');
  await caughtUp(capture, 'summary');
  const lock = await setup.target.transaction();
  try {
    await lock.raw('LOCK TABLE rm_other_v1.other IN ACCESS EXCLUSIVE MODE');
    await setup.legacy.raw(`UPDATE orders SET note = 'one waits'`);
    // Not by position: other databases of the server write, and what comes later waits for both read models.
    const expected = JSON.stringify(await setup.expected());
    await until('the other one has the update', async () => JSON.stringify(await setup.actual()) === expected);
    const positions = await setup.target('fig.projection').orderBy('name').pluck('position');
    expect(BigInt(positions[0]) < BigInt(positions[1])).toBe(true);
  } finally {
    // A transaction that stays open would keep every other test of the server from making its slot.
    await lock.rollback();
  }
  await caughtUp(capture, 'other');
  await bothAreRight(setup);
});

test('a large transaction that one read model cannot apply is kept for it, and the other goes on', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 30);
  const capture = setup.startCapture(both);
  await caughtUp(capture, 'summary');
  await caughtUp(capture, 'other');
  const session = await walSender(setup);
  await fillDisk(setup);
  await setup.legacy.raw(
    `INSERT INTO orders (id, customer_id, note) SELECT n, 1, 'large' FROM generate_series(1001, 31000) n`,
  );
  await untilFailed(capture);
  await caughtUp(capture, 'summary');
  await setup.legacy.raw(`UPDATE orders SET note = 'after it' WHERE id < 5`);
  await caughtUp(capture, 'summary');
  expect(await walSender(setup)).toBe(session);
  expect(capture.status().spooledBytes).toBeGreaterThan(0);
  await makeRoom(setup);
  await caughtUp(capture, 'other');
  await bothAreRight(setup);
  await until('the disk is given back', () => capture.status().spooledBytes === 0);
});

test('the disk that a kept large transaction takes is given to others, and it is sent again when its read model works', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 30);
  // It takes more than a quarter of what may be spooled.
  const capture = setup.startCapture({ ...both, ...soon, spool: { folder: tmpdir(), maxBytes: 1_000_000 } });
  await caughtUp(capture, 'summary');
  await caughtUp(capture, 'other');
  await fillDisk(setup);
  await setup.legacy.raw(
    `INSERT INTO orders (id, customer_id, note) SELECT n, 1, 'large' FROM generate_series(1001, 21000) n`,
  );
  await untilFailed(capture);
  await caughtUp(capture, 'summary');
  await until('the disk is given back', () => capture.status().spooledBytes === 0);
  await makeRoom(setup);
  await caughtUp(capture, 'other');
  await bothAreRight(setup);
});

test('a copy that cannot be written is begun again beside the stream, which goes on for both', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 500);
  await fillDiskOnceMade(setup, 'mirror_other_v1.orders');
  const codes: unknown[] = [];
  const warn = (fields: Readonly<Record<string, unknown>>): void => void codes.push(fields['code']);
  const capture = setup.startCapture({ ...both, log: { ...silentLog, warn } });
  await untilFailed(capture);
  const session = await walSender(setup);
  // The mirror of this table takes them.
  await setup.legacy.raw(`UPDATE customers SET name = 'beside' WHERE id = 2`);
  await caughtUp(capture, 'summary');
  expect(await setup.actual()).toEqual(await setup.expected());
  await makeRoom(setup);
  await caughtUp(capture, 'other');
  expect(await walSender(setup)).toBe(session);
  expect(codes).toContain('FIG_READ_MODEL_FAILING');
  await bothAreRight(setup);
});

test('a first build that is cancelled again and again goes on where it was, beside the other', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 5_000);
  let [builds, isSlow] = [0, true];
  const build: ReadModelDefinition['build'] = (...args) => {
    builds += 1;
    if (isSlow && builds > 1) throw Object.assign(new Error('canceling statement due to timeout'), { code: '57014' });
    return summary.build(...args);
  };
  const capture = setup.startCapture({ ...both, readModels: [summary, otherModel({ build })] });
  await caughtUp(capture, 'summary');
  await until('it was tried again', () => builds > 3);
  await untilFailed(capture);
  const session = await walSender(setup);
  isSlow = false;
  await caughtUp(capture, 'other');
  expect(await walSender(setup)).toBe(session);
  await bothAreRight(setup);
});

test('a read model whose tables cannot be made is left out, and is made as soon as that is possible', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 30);
  await setup.target.raw(`
    CREATE FUNCTION public.refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
      IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'rm_other_v1') THEN
        RAISE EXCEPTION 'nobody may make schemas here' USING ERRCODE = 'insufficient_privilege';
      END IF; END $$`);
  await setup.target.raw(
    `CREATE EVENT TRIGGER refuse ON ddl_command_end WHEN TAG IN ('CREATE SCHEMA') EXECUTE FUNCTION public.refuse()`,
  );
  const capture = setup.startCapture(both);
  await caughtUp(capture, 'summary');
  await untilFailed(capture);
  expect(capture.progressOf('other').error).toContain('nobody may make schemas here');
  await setup.legacy.raw(`UPDATE orders SET note = 'meanwhile'`);
  await caughtUp(capture, 'summary');
  // Nothing is kept for it: it has nothing yet.
  expect((await confirmed(setup)) > 0n).toBe(true);
  expect(capture.heldFor('other')).toBe(0);
  await setup.target.raw('DROP EVENT TRIGGER refuse');
  await caughtUp(capture, 'other');
  await caughtUp(capture, 'summary');
  await bothAreRight(setup);
});

test('an update that one mirror lacks the row for makes that read model begin anew, and takes nothing from the other', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 30);
  // Random text does not compress, so it is stored out of line, and is not sent when it does not change.
  await setup.legacy.raw(
    `UPDATE orders SET note = (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 2000)) WHERE id = 3`,
  );
  const told: (Position | undefined)[] = [];
  const capture = setup.startCapture({
    ...both,
    onPosition: (model, at) => void (model === 'summary_v1' && told.push(at)),
  });
  await caughtUp(capture, 'summary');
  await caughtUp(capture, 'other');
  told.length = 0;
  await setup.target.raw('DELETE FROM mirror_other_v1.orders WHERE id = 3');
  await setup.legacy.raw('UPDATE orders SET amount = 5 WHERE id = 3');
  await until('the other one is left', () => capture.applied('other')!.current() === undefined);
  await caughtUp(capture, 'other');
  await caughtUp(capture, 'summary');
  await bothAreRight(setup);
  expect(told).not.toEqual([]);
  expect(told).not.toContain(undefined);
});

test('a read model whose table is dropped is out of use, and the other goes on', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 30);
  const capture = setup.startCapture(both);
  await caughtUp(capture, 'summary');
  await caughtUp(capture, 'other');
  await setup.target.raw('DROP TABLE rm_other_v1.other');
  await setup.legacy.raw(`UPDATE orders SET note = 'after the drop'`);
  await until('it is out of use', () => capture.progressOf('other').state === 'paused');
  await caughtUp(capture, 'summary');
  expect(await setup.actual()).toEqual(await setup.expected());
  expect(capture.applied('other')!.current()).toBeUndefined();
});

test('log is kept for a failed read model up to a bound; beyond it the read model is given up, and copied again when it works', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 30);
  const codes: unknown[] = [];
  const warn = (fields: Readonly<Record<string, unknown>>): void => void codes.push(fields['code']);
  const capture = setup.startCapture({ ...both, ...soon, maxBehind: 100_000, log: { ...silentLog, warn } });
  await caughtUp(capture, 'summary');
  await caughtUp(capture, 'other');
  await fillDisk(setup);
  await setup.legacy.raw(`UPDATE orders SET note = repeat('long ', 1000)`);
  await untilFailed(capture);
  const { position } = await setup.target('fig.projection').where({ name: 'other_v1' }).first('position');
  for (let n = 0; n < 3; n += 1) await setup.legacy.raw(`UPDATE orders SET note = note || repeat('longer ', 1000)`);
  await caughtUp(capture, 'summary');
  await until('the log is let go of', async () => (await confirmed(setup)) > BigInt(position));
  expect(codes).toContain('FIG_READ_MODEL_GIVEN_UP');
  expect(capture.heldFor('other')).toBe(0);
  await makeRoom(setup);
  await caughtUp(capture, 'other');
  await caughtUp(capture, 'summary');
  expect(codes).toContain('FIG_SLOT_PASSED');
  await bothAreRight(setup);
});

test('a legacy table of one read model that changes ends the session for a moment only, and the other is read from all the time', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 30);
  await makeShops(setup);
  const told: (Position | undefined)[] = [];
  const capture = setup.startCapture({
    ...both,
    readModels: [summary, shops],
    onPosition: (model, at) => void (model === 'summary_v1' && told.push(at)),
  });
  await caughtUp(capture, 'summary');
  await caughtUp(capture, 'other');
  told.length = 0;
  await setup.legacy.raw('ALTER TABLE shops ALTER COLUMN id TYPE bigint');
  await setup.legacy.raw(`UPDATE shops SET name = 'after the change'`);
  await caughtUp(capture, 'other');
  await caughtUp(capture, 'summary');
  expect(await setup.target('rm_other_v1.other').select('id', 'name').orderBy('id')).toEqual([
    { id: 1, name: 'after the change' },
    { id: 2, name: 'after the change' },
  ]);
  expect(told).not.toEqual([]);
  expect(told).not.toContain(undefined);
});

test('before the server gives up the slot, the read model that it keeps so much log for is given up', async () => {
  // The server counts in segments of 16 MB.
  await using server = await OwnServer.start({ max_slot_wal_keep_size: '96MB' });
  await using setup = await setupSync({ legacyServer: server.url('postgres') });
  await seedOrders(setup, 30);
  const codes: unknown[] = [];
  const warn = (fields: Readonly<Record<string, unknown>>): void => void codes.push(fields['code']);
  const capture = setup.startCapture({ ...both, ...soon, log: { ...silentLog, warn } });
  await caughtUp(capture, 'summary');
  await caughtUp(capture, 'other');
  await fillDisk(setup);
  await setup.legacy.raw(`UPDATE orders SET note = 'before much else is written'`);
  await untilFailed(capture);
  const pad = async (megabytes: number): Promise<void> => {
    for (let n = 0; n < megabytes; n += 1) {
      await setup.legacy.raw(`SELECT pg_logical_emit_message(false, 'padding', repeat('x', 1000000))`);
    }
    await setup.legacy.raw('CHECKPOINT');
  };
  // Wherever in a segment it began, less than a third of this is left, and something is.
  await pad(90);
  await until('it is given up', () => codes.includes('FIG_READ_MODEL_GIVEN_UP'));
  await caughtUp(capture, 'summary');
  await pad(80);
  const slot = await setup.legacy.raw('SELECT wal_status FROM pg_replication_slots');
  expect(slot.rows[0].wal_status).not.toBe('lost');
  await makeRoom(setup);
  await caughtUp(capture, 'other');
  await caughtUp(capture, 'summary');
  await bothAreRight(setup);
}, 60_000);
