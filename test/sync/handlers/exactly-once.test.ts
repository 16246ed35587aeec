import * as fc from 'fast-check';
import knexModule, { type Knex } from 'knex';
import { expect, test } from 'vitest';
import { setupSync } from '../fixtures.ts';
import { expectExact } from './expect-exact.ts';
import { history, replay, seed } from './histories.ts';
import { fenced, tally, tallySchema, type Told, untilState } from './tally-model.ts';

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
