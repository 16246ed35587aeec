import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Knex } from 'knex';
import { expect, test } from 'vitest';
import type { Milestone } from '../../../src/kernel/milestones.ts';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { expectExact } from './expect-exact.ts';
import { seed } from './histories.ts';
import { fenced, tally, tallySchema } from './tally-model.ts';

const child = fileURLToPath(new URL('./handlers-child.js', import.meta.url));

/** A row that comes before all others and is written last. */
const clock = -100_000;

/** How far the writes have come; undefined while there is nothing that they could come to. */
async function clockOf(target: Knex): Promise<number | undefined> {
  const there = await target.raw(`SELECT to_regclass('mirror_tally_v1.moves') IS NOT NULL AS there`);
  if (!(there as { rows: { there: boolean }[] }).rows[0]!.there) return undefined;
  const row = await target('mirror_tally_v1.moves').where({ id: clock }).first('n');
  return row && Number(row.n);
}

/** Writes until the capturing process has killed itself at the milestone. */
async function writeUntilKilled(
  { legacy, legacyUrl, target, targetUrl }: SyncSetup,
  at: Milestone,
  nth: number,
): Promise<void> {
  const capturing = fork(child, [JSON.stringify({ legacyUrl, targetUrl, at, nth })], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(capturing, 'exit');
  const isAlive = (): boolean => capturing.exitCode === null && capturing.signalCode === null;
  try {
    for (let n = 1; isAlive(); n += 1) {
      await legacy.raw('UPDATE moves SET n = n + 1, rev = rev + 1 WHERE id % 100 = ?', [n % 100]);
      await legacy.raw(
        `UPDATE moves AS m SET id = -m.id, rev = rev + 1
          WHERE abs(id) % 200 = ? AND abs(id) < 1000 AND NOT EXISTS (SELECT FROM moves AS o WHERE o.id = -m.id)`,
        [n % 200],
      );
      await legacy.raw('UPDATE tags SET weight = weight + 1, rev = rev + 1 WHERE part = ?', [1 + (n % 40)]);
      await legacy.raw('DELETE FROM tags WHERE part = ? AND rev > 1', [1 + (n % 7)]);
      await legacy.raw(seed);
      await legacy.raw('UPDATE moves SET n = ?, rev = rev + 1 WHERE id = ?', [n, clock]);
      await until('it has come', async () => !isAlive() || (await clockOf(target)) === n);
    }
  } finally {
    capturing.kill('SIGKILL');
  }
  const [, signal] = (await ended) as [number | null, string | null];
  // Ended by itself: it was not alive any more when it was to be killed here.
  expect({ at, signal }).toEqual({ at, signal: 'SIGKILL' });
}

const points: readonly (readonly [Milestone, number])[] = [
  ['sync:chunk-read', 1],
  ['sync:chunk-landed', 1],
  ['sync:page-built', 2],
  ['sync:page-built', 1],
  ['sync:landed', 1],
  ['sync:built', 5],
  ['sync:committed', 4],
  ['sync:acknowledged', 4],
  ['sync:received', 4],
  ['sync:built', 1],
];

test('wherever the capturing process is killed, no change is missing from what handlers wrote, and none is in it twice', async () => {
  await using setup = await setupSync();
  await setup.legacy.raw(tallySchema);
  await setup.legacy.raw(seed);
  await setup.legacy.raw(`INSERT INTO moves (id, grp, n) VALUES (?, 'clock', 0)`, [clock]);
  for (const [at, nth] of points) await writeUntilKilled(setup, at, nth);
  const capture = setup.startCapture({ readModels: [tally(1)] });
  await fenced(capture);
  await expectExact(setup, 1);
}, 180_000);
