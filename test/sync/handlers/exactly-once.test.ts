import * as fc from 'fast-check';
import knexModule, { type Knex } from 'knex';
import { expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { expectExact } from './expect-exact.ts';
import { history, replay, seed } from './histories.ts';
import { fenced, tally, tallySchema, type Told, untilState } from './tally-model.ts';

/** Kinds of changes that were told while rows were still being walked. */
function toldMeanwhile(events: readonly Told[]): readonly string[] {
  const last = events.findLastIndex(({ kind }) => kind === 'snapshot');
  return events.slice(0, Math.max(0, last)).map(({ kind }) => kind);
}

const MARKED_ID = 100_000;

function markOf(pass: number): string {
  return `INSERT INTO moves AS m (id, grp, n) VALUES (${MARKED_ID}, 'pass', ${pass})
    ON CONFLICT (id) DO UPDATE SET n = EXCLUDED.n, rev = m.rev + 1`;
}

/** Passes of the writer that have come to the mirror; as long as that does not have them, nothing can be behind. */
async function passesSeen({ target }: SyncSetup, version: number): Promise<number> {
  const seen = await target
    .raw(`SELECT n::int AS pass FROM mirror_tally_v${version}.moves WHERE id = ${MARKED_ID}`)
    .catch(() => undefined);
  return (seen as { rows: { pass: number }[] } | undefined)?.rows[0]?.pass ?? Number.POSITIVE_INFINITY;
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
        for (let pass = 1; !isReady; pass += 1) {
          await replay(setup, [...first, [seed, markOf(pass)]]);
          // Handlers are slower than a writer, and in the end they are given all of it.
          await until('the writer is followed', async () => isReady || (await passesSeen(setup, version)) >= pass - 1);
        }
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
