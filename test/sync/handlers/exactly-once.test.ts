import * as fc from 'fast-check';
import knexModule, { type Knex } from 'knex';
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
  const moves = await setup.legacy.raw(`SELECT id, grp, n::text AS n, rev, big, at::text AS at FROM moves`);
  expect(byKey(rows.moves)).toEqual(byKey((moves as { rows: object[] }).rows));
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
    { numRuns: 6, endOnFailure: true },
  );
  expect([...meanwhile]).toEqual(expect.arrayContaining(['delete', 'insert', 'snapshot', 'update']));
}, 240_000);

const disposable = (knex: Knex) => ({ knex, [Symbol.asyncDispose]: () => knex.destroy() });

test('connections that are cut while handlers work make nothing happen twice, and park nothing', async () => {
  await using setup = await setupSync();
  const { legacy } = setup;
  await legacy.raw(tallySchema);
  await legacy.raw(seed);
  const capture = setup.startCapture({ readModels: [tally(1)] });
  // Not the capture's own pool: a query of the test could be given a connection that was just cut.
  await using apart = disposable(knexModule({ client: 'pg', connection: setup.targetUrl }));
  for (let n = 0; n < 15; n += 1) {
    await legacy.raw('UPDATE moves SET n = n + 1, rev = rev + 1 WHERE id % 50 = ?', [n]);
    await apart.knex.raw(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'fig projection' AND datname = current_database()`,
    );
  }
  await fenced(capture);
  await expectExact(setup, 1);
  expect(await apart.knex('fig.dead_letter').select('id')).toEqual([]);
}, 60_000);
