import { expect, test } from 'vitest';
import { defineReadModel } from '../../../src/config/read-model-definition.ts';
import type { Position } from '../../../src/kernel/position.ts';
import { until } from '../../support/until.ts';
import { setupSync } from '../fixtures.ts';
import { caughtUp, seedOrders } from '../poison.ts';
import { summary } from '../summary-model.ts';

const newer = defineReadModel({
  ...summary,
  version: 2,
  build: async (keys, mirror, db) => {
    const rows = await summary.build(keys, mirror, db);
    return rows.map((row) => ({ ...row, note: `new ${String(row['note'])}` }));
  },
});

test('two versions of a read model follow one stream, each with tables, checkpoint and dead letters of its own', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 30);
  const first = setup.startCapture();
  await first.untilReady(AbortSignal.timeout(20_000));
  await first.stop();
  await setup.legacy.raw(`UPDATE orders SET note = 'between' WHERE id = 1`);

  const told = new Map<string, Position | undefined>();
  const unread: string[] = [];
  const capture = setup.startCapture({
    readModels: [newer, summary],
    onPosition: (version, position) => {
      told.set(version, position);
      if (position === undefined) unread.push(version);
    },
  });
  await capture.untilReady(AbortSignal.timeout(20_000));
  // The new one is copied while the old one can be read all the time.
  expect(unread).toContain('summary_v2');
  expect(unread).not.toContain('summary_v1');
  await setup.legacy.raw(`UPDATE orders SET note = 'after' WHERE id = 2`);
  const { rows } = await setup.legacy.raw('SELECT pg_current_wal_insert_lsn()::text AS at');
  await until('both have applied it', async () => {
    const at = await setup.legacy.raw('SELECT (?::pg_lsn - ?::pg_lsn)::text AS past', [rows[0].at, '0/0']);
    const wanted = BigInt(at.rows[0].past);
    return ['summary_v1', 'summary_v2'].every((version) => (told.get(version) ?? 0n) >= wanted);
  });
  expect(await setup.actual()).toEqual(await setup.expected());
  const notes = await setup.target.raw(
    'SELECT order_id, note FROM rm_summary_v2.summary WHERE order_id IN (1, 2) ORDER BY 1',
  );
  expect(notes.rows.map(({ note }: { note: string }) => note)).toEqual(['new between', 'new after']);
  expect(capture.applied('summary_v1')?.current()).toBe(told.get('summary_v1'));
  expect(capture.progressOf('summary_v2')).toMatchObject({ state: 'ready' });
});

test('what only the new version cannot build is parked there, and the old one goes on', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 10);
  const failing = defineReadModel({
    ...newer,
    build: async (keys, mirror, db) => {
      const rows = await summary.build(keys, mirror, db);
      if (rows.some((row) => row['note'] === 'new trouble')) throw new RangeError('not this one');
      return rows;
    },
  });
  const capture = setup.startCapture({ readModels: [failing, summary] });
  await capture.untilReady(AbortSignal.timeout(20_000));
  await setup.legacy.raw(`UPDATE orders SET note = 'new trouble' WHERE id = 3`);
  await until('the key is parked', () => capture.lettersOf('summary_v2').parked.join() === '3');
  expect(capture.lettersOf('summary_v1')).toMatchObject({ count: 0 });
  await caughtUp(capture);
  expect(await setup.actual()).toEqual(await setup.expected());
});
