import { expect, test } from 'vitest';
import { DeadLetterStore } from '../../../src/store/dead-letter-store.ts';
import { until } from '../../support/until.ts';
import { setupSync } from '../fixtures.ts';
import { caughtUp, failsOnPoison, makeDue, parkedKeys, poisoned, seedOrders, untilState } from '../poison.ts';

const letters = new DeadLetterStore();
const isParked = (line: string): boolean => /"order_id" : (17|180),/.test(line);
const failing = { readModels: [poisoned({ build: failsOnPoison })] };

test('a key that cannot be built is parked alone, and every other change of the same transaction is applied', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 200);
  const capture = setup.startCapture(failing);
  await caughtUp(capture);
  const before = await setup.actual();
  await setup.legacy.raw(`UPDATE orders SET note = CASE WHEN id IN (17, 180) THEN 'poison' ELSE 'new ' || id END`);
  await caughtUp(capture);
  expect(parkedKeys(capture)).toEqual(['17', '180']);
  const [actual, expected] = [await setup.actual(), await setup.expected()];
  expect(actual.filter((line) => !isParked(line))).toEqual(expected.filter((line) => !isParked(line)));
  // What was there stays; nobody is to read it.
  expect(actual.filter(isParked)).toEqual(before.filter(isParked));
  const [letter] = await letters.list(setup.target);
  expect(letter).toMatchObject({ kind: 'build', key: '17', code: 'Error' });
  expect(letter!.message).toMatch(/^at test\/sync\/poison\.ts:\d+:\d+ \(the text is not kept\)$/);
  expect(letter).toMatchObject({ projection: 'summary_v1', changesSince: 0 });
});

test('later changes of a parked key are counted and wait in the mirror, and it comes back by itself with all of them', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 20);
  const capture = setup.startCapture(failing);
  await caughtUp(capture);
  await setup.legacy.raw(`UPDATE orders SET note = 'poison' WHERE id = 4`);
  await caughtUp(capture);
  await setup.legacy.raw('UPDATE items SET price = 77 WHERE order_id = 4');
  await setup.legacy.raw('UPDATE items SET price = 78 WHERE order_id IN (4, 5)');
  await caughtUp(capture);
  expect(parkedKeys(capture)).toEqual(['4']);
  const [letter] = await letters.list(setup.target);
  expect(letter!.changesSince).toBeGreaterThanOrEqual(1);
  await setup.legacy.raw(`UPDATE orders SET note = 'mended' WHERE id = 4`);
  await until('the key is back', () => parkedKeys(capture).length === 0);
  await caughtUp(capture);
  expect(await setup.actual()).toEqual(await setup.expected());
  expect(await letters.list(setup.target)).toEqual([]);
});

test('rows that the table refuses park their keys: a constraint, a type, a column that is not there', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 30);
  const capture = setup.startCapture({
    readModels: [
      poisoned({
        table: (t) => {
          poisoned({}).table(t);
          t.check(`note <> 'refused'`);
        },
        build: async (keys, mirror, db) => {
          const rows = await poisoned({}).build(keys, mirror, db);
          return rows.map((row) => {
            if (row['note'] === 'typed') return { ...row, total: 'Jane Doe' };
            return row['note'] === 'extra' ? { ...row, surplus: 1 } : row;
          });
        },
      }),
    ],
  });
  await caughtUp(capture);
  await setup.legacy.raw(`UPDATE orders SET note = CASE id WHEN 3 THEN 'refused' WHEN 4 THEN 'typed' WHEN 5 THEN 'extra'
    ELSE 'fine' END`);
  await caughtUp(capture);
  const found = await letters.list(setup.target);
  expect(found.map(({ key, code }) => `${key} ${code}`)).toEqual(['3 23514', '4 22P02', '5 Error']);
  expect(JSON.stringify(found)).not.toContain('Jane');
  expect(await setup.actual()).toHaveLength(30);
});

test('a key that fails in the first build is parked, and the read model is ready without it', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 50);
  await setup.legacy.raw(`UPDATE orders SET note = 'poison' WHERE id = 9`);
  const capture = setup.startCapture(failing);
  await caughtUp(capture);
  expect(parkedKeys(capture)).toEqual(['9']);
  expect(await setup.actual()).toHaveLength(49);
});

test('letters outlive a restart, and are tried at once by whoever starts', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 20);
  const first = setup.startCapture(failing);
  await caughtUp(first);
  await setup.legacy.raw(`UPDATE orders SET note = 'poison' WHERE id = 4`);
  await caughtUp(first);
  await first.stop();
  await setup.target('fig.dead_letter').update({ next_at: setup.target.raw(`clock_timestamp() + interval '1 day'`) });
  let parkedAtFirst: readonly string[] | undefined;
  const second = setup.startCapture({
    ...failing,
    onPosition: (_, position) => {
      if (position !== undefined) parkedAtFirst ??= parkedKeys(second);
    },
  });
  await caughtUp(second);
  // Nobody must be told of a position before it is known which keys do not stand at it.
  expect(parkedAtFirst).toEqual(['4']);
  await until('it was tried again', async () => (await letters.list(setup.target))[0]!.attempts > 1);
});

test('with more letters than the cap the read model is out of use but goes on mirroring, and comes back by itself', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 60);
  const capture = setup.startCapture({ ...failing, maxLetters: () => 3 });
  await caughtUp(capture);
  await setup.legacy.raw(`UPDATE orders SET note = 'poison' WHERE id > 40`);
  await untilState(capture, 'paused');
  expect(capture.applied('summary')!.current()).toBeUndefined();
  expect(capture.progressOf('summary').error).toMatch(/^out of use: 4 keys cannot be built \(at most 3 may be\)/);
  // Changes go on landing, so the legacy server keeps no log for a read model that is paused.
  await setup.legacy.raw(`UPDATE orders SET note = 'mended' WHERE id > 40`);
  await setup.legacy.raw('DELETE FROM orders WHERE id IN (1, 50)');
  const position = await setup.legacy
    .raw<{ rows: { at: string }[] }>(`SELECT (pg_current_wal_insert_lsn() - '0/0')::text AS at`)
    .then(({ rows }) => BigInt(rows[0]!.at));
  await until('the changes are acknowledged', () => {
    capture.source.nudge();
    return (capture.status().acknowledged ?? 0n) >= position;
  });
  await makeDue(setup.target);
  await caughtUp(capture);
  await until('no key is parked', () => capture.lettersOf('summary').count === 0);
  expect(await setup.actual()).toEqual(await setup.expected());
});

test('a row for which dirty fails takes the read model out of use until dirty understands it', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 20);
  const items = poisoned({}).sources['items']!;
  const capture = setup.startCapture({
    readModels: [
      poisoned({
        sources: {
          ...poisoned({}).sources,
          items: {
            ...items,
            dirty: (row, mirror) => {
              if (Number(row['price']) < 0) throw new Error(`a negative price of ${row['price']}`);
              return items.dirty(row, mirror);
            },
          },
        },
      }),
    ],
  });
  await caughtUp(capture);
  await setup.legacy.raw('UPDATE items SET price = -12345 WHERE order_id = 7');
  await untilState(capture, 'paused');
  const [letter] = await letters.list(setup.target);
  expect(letter).toMatchObject({ kind: 'dirty', key: undefined, source: 'public.items', sourceKey: ['7', '1'] });
  expect(letter!.message).toMatch(/^at test\/.+\/dead-letters\.test\.ts:\d+:\d+ \(the text is not kept\)$/);
  await setup.legacy.raw('UPDATE items SET price = 5 WHERE order_id = 7');
  await setup.legacy.raw(`UPDATE orders SET note = 'while it was out of use' WHERE id = 8`);
  await caughtUp(capture);
  expect(await setup.actual()).toEqual(await setup.expected());
});

test('a build that PostgreSQL rejects for every key is one letter, not one for each', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 40);
  const capture = setup.startCapture({
    readModels: [poisoned({ build: (keys, mirror) => mirror('orders').whereIn('id', keys).select('nowhere') })],
  });
  await untilState(capture, 'paused');
  const found = await letters.list(setup.target);
  expect(found.map(({ kind, code }) => `${kind} ${code}`)).toEqual(['model 42703']);
});

test('a row that the mirror does not take puts the read model out of use, until somebody asks for a new copy', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 20);
  const capture = setup.startCapture();
  await caughtUp(capture);
  await setup.target.raw(`ALTER TABLE mirror_summary_v1.orders ADD CHECK (note <> 'unwelcome')`);
  await setup.legacy.raw(`UPDATE orders SET note = CASE id WHEN 6 THEN 'unwelcome' ELSE 'fine' END`);
  await untilState(capture, 'paused');
  const [letter] = await letters.list(setup.target);
  expect(letter).toMatchObject({ kind: 'land', code: '23514', source: 'public.orders', sourceKey: ['6'] });
  expect(letter!.nextAt).toBeUndefined();
  await letters.hasten(setup.target, { id: letter!.id });
  await caughtUp(capture);
  expect(await letters.list(setup.target)).toEqual([]);
  expect(await setup.actual()).toEqual(await setup.expected());
});

test('a letter that is discarded while a change comes in costs no change', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 20);
  const capture = setup.startCapture(failing);
  await caughtUp(capture);
  await setup.legacy.raw(`UPDATE orders SET note = 'poison' WHERE id = 4`);
  await caughtUp(capture);
  await setup.target('fig.dead_letter').update({ next_at: setup.target.raw(`'infinity'`) });
  // Both before the next look at the letters, as far as can be: the capture believes that the key is parked still.
  await setup.target('fig.dead_letter').delete();
  await setup.legacy.raw(`UPDATE orders SET note = 'fine again' WHERE id = 4`);
  await caughtUp(capture);
  await until('the key is known to be free', () => parkedKeys(capture).length === 0);
  expect(await setup.actual()).toEqual(await setup.expected());
});
