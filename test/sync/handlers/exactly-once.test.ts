import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { history, replay, seed } from './histories.ts';
import { replayed } from './replayed-history.ts';
import { fenced, sums, tally, tallySchema, told, type Told, untilState } from './tally-model.ts';

const byKey = (rows: readonly object[]): string[] => rows.map((row) => JSON.stringify(row)).toSorted();

/** That the sums are those of legacy, and that what was told leads to its rows with nothing twice and nothing missing. */
async function expectExact(setup: SyncSetup, version: number): Promise<readonly Told[]> {
  const { stored, fresh } = await sums(setup, version);
  expect(stored).toEqual(fresh);
  const events = await told(setup.target, version);
  const rows = replayed(events);
  const moves = await setup.legacy('moves').select('id', 'grp', setup.legacy.raw('n::text AS n'), 'rev', 'big');
  expect(byKey(rows.moves.map(({ at: _, ...row }) => row))).toEqual(byKey(moves));
  expect(byKey(rows.tags)).toEqual(byKey(await setup.legacy('tags').select('name', 'part', 'weight', 'rev')));
  return events;
}

/** Kinds of changes that were told while rows were still being walked. */
function toldMeanwhile(events: readonly Told[]): readonly string[] {
  const last = events.findLastIndex(({ kind }) => kind === 'snapshot');
  return events.slice(0, Math.max(0, last)).map(({ kind }) => kind);
}

test('whatever legacy does while rows are copied and walked, also across a restart, each change is told exactly once', async () => {
  await using setup = await setupSync();
  await setup.legacy.raw(tallySchema);
  let version = 0;
  const meanwhile = new Set<string>();
  await fc.assert(
    fc.asyncProperty(history, history, fc.boolean(), async (first, second, restarts) => {
      version += 1;
      await setup.legacy.raw(seed);
      let isReady = false;
      const writing = (async () => {
        // What was truncated or deleted comes back, so that there is always something to walk.
        while (!isReady) await replay(setup, [...first, [seed]]);
      })();
      const models = { readModels: [tally(version)] };
      let capture = setup.startCapture(models);
      if (restarts) {
        await untilState(capture, 'building');
        await capture.stop();
        capture = setup.startCapture(models);
      }
      try {
        await untilState(capture, 'ready');
      } finally {
        isReady = true;
        await writing;
      }
      await fenced(capture);
      const events = await expectExact(setup, version);
      for (const kind of toldMeanwhile(events)) meanwhile.add(kind);
      for (const part of [second.slice(0, 10), second.slice(10)]) {
        await replay(setup, part);
        await fenced(capture);
        await expectExact(setup, version);
      }
      await capture.stop();
    }),
    { numRuns: 6 },
  );
  expect([...meanwhile]).toEqual(expect.arrayContaining(['delete', 'insert', 'snapshot', 'update']));
}, 240_000);
