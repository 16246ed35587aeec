import { expect, test } from 'vitest';
import type { Projection } from '../../../src/sync/projection/projection.ts';
import { until } from '../../support/until.ts';
import type { SyncSetup } from '../fixtures.ts';
import { building, rows, twoOwners } from './own-projections.ts';
import { picky } from './poison-handlers.ts';
import { replayed } from './replayed-history.ts';
import { tally, tallyMoves, told } from './tally-model.ts';

const failed = { code: 'FIG_PROJECTION_FAILED' };
async function expectEachOnce(target: SyncSetup['target'], walk: Projection): Promise<void> {
  while ((await walk.buildNext()) > 0);
  expect(walk.state).toBe('ready');
  const given = (await told(target, 1)).map(({ after }) => Number(after!['id']));
  expect(given.toSorted((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, i) => i + 1));
  replayed(await told(target, 1));
}

test('a page that another process has given is not given again by one that still stands before it', async () => {
  const { target, one, two } = await building();
  expect(await one.buildNext()).toBe(200);
  expect(await two.buildNext()).toBe(rows - 200);
  await expectEachOnce(target, one);
});

test('of two processes that give the same page at the same moment one is refused, and nothing of its work is left', async () => {
  let isReleased = false;
  let isGiven = false;
  const slow = tally(1, {
    on: {
      ...tally(1).on,
      moves: async (change, tx) => {
        await tallyMoves(change, tx);
        isGiven = true;
        await until('it may go on', () => isReleased);
      },
    },
  });
  const { target, one, two } = await building(slow, tally(1));
  const first = one.buildNext();
  await until('the first has begun', () => isGiven);
  const second = two.buildNext();
  const waiting = target('pg_stat_activity')
    .where({ wait_event_type: 'Lock' })
    .whereRaw('datname = current_database()');
  await until('the second waits for it', async () => (await waiting.clone().select('pid')).length > 0);
  isReleased = true;
  expect(await first).toBe(200);
  await expect(second).rejects.toMatchObject(failed);
  await expectEachOnce(target, one);
});

test('a page that was committed before something else failed is not given again when the walk goes on', async () => {
  const { model, refuse } = picky();
  const { target, one } = await building(model);
  refuse(({ kind, after }) => kind === 'snapshot' && after['id'] === '7');
  // When the page is committed the letters cannot be read.
  await target.raw(`
    CREATE FUNCTION hide() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN ALTER TABLE fig.dead_letter RENAME TO hidden; RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER hide AFTER UPDATE OF build_cursor ON fig.projection DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION hide();`);
  await expect(one.buildNext()).rejects.toThrow('fig.dead_letter');
  await target.raw('DROP TRIGGER hide ON fig.projection; ALTER TABLE fig.hidden RENAME TO dead_letter');
  // What waits is known by the next change, also before the walk goes on.
  const row = { id: '7', grp: 'g2', n: '8', rev: '1', big: null, at: '2024-02-29 10:34:56.789012+00' };
  await one.apply([
    {
      xid: 7,
      endPosition: 200n,
      committedAtMs: 0,
      changes: [{ kind: 'update', table: 'public.moves', oldKey: undefined, row }],
      messages: [],
      relations: [],
    },
  ]);
  while ((await one.buildNext()) > 0);
  expect(one.state).toBe('ready');
  const given = (await told(target, 1)).map(({ after }) => Number(after!['id']));
  expect(given.toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: rows }, (_, i) => i + 1).filter((id) => id !== 7),
  );
  const waiting = await target('fig.parked_change as c').orderBy('c.id').select('c.kind');
  expect(waiting).toEqual([{ kind: 'snapshot' }, { kind: 'update' }]);
});

test('changes, copied rows and corrections are refused by a projection that another process has moved', async () => {
  const { one, two } = await twoOwners();
  await two.resume('f');
  await one.skipTo(200n);
  const source = 'public.moves';
  const part = two.mirrors.get(source)!.part();
  const later = { truncated: false, changes: new Map() };
  const chunk = { source, part, bytes: Buffer.alloc(0), later, rows: 0, cursor: null, last: true, paid: [] };
  await expect(two.landCopy(chunk)).rejects.toMatchObject(failed);
  await expect(two.startBuilding()).rejects.toMatchObject(failed);
  await one.startBuilding();
  await two.resume('f');
  expect(await one.buildNext()).toBe(200);
  // At the same position, but what the walk has passed since is told of its changes.
  await expect(two.skipTo(300n)).rejects.toMatchObject(failed);
  await two.resume('f');
  while ((await one.buildNext()) > 0);
  while ((await two.buildNext()) > 0);
  await one.skipTo(300n);
  await expect(two.buildNext()).rejects.toMatchObject(failed);
  await expect(two.correct(source, [], [['1']])).rejects.toMatchObject(failed);
});

test('rows are not put right while everything is given anew; once that is done handlers are told of it', async () => {
  const { target, one } = await building();
  const mirrored = target('mirror_tally_v1.moves').where({ id: 1 }).select('n');
  expect(await one.buildNext()).toBe(200);
  const right = { id: '1', grp: 'g1', n: '5', rev: '0', big: null, at: '2024-02-29 10:34:56.789012+00' };
  await expect(one.correct('public.moves', [right], [['2']])).rejects.toMatchObject({ code: 'FIG_RECONCILE_FAILED' });
  expect(await mirrored.clone()).toEqual([{ n: '1' }]);
  while ((await one.buildNext()) > 0);
  await one.correct('public.moves', [right], [['2']]);
  expect(await mirrored.clone()).toEqual([{ n: '5' }]);
  const corrections = (await told(target, 1)).filter(({ kind }) => kind !== 'snapshot');
  expect(corrections.map(({ kind }) => kind).toSorted()).toEqual(['delete', 'update']);
});
