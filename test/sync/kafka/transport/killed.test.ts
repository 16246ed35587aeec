import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Milestone } from '../../../../src/kernel/milestones.ts';
import { describeWithKafka } from '../../../support/kafka-server.ts';
import { until } from '../../../support/until.ts';
import { countedByHandler, countedByLegacy, talliesSchema } from './counted-model.ts';
import { type KafkaSetup, setupThroughKafka } from './through-kafka.ts';

const file = fileURLToPath(new URL('kafka-child.js', import.meta.url));
/** `sync:written`: the topic has it, the slot was not told. */
const deaths: readonly Milestone[] = ['sync:received', 'sync:written', 'sync:built', 'sync:committed'];

async function start({ sync, events }: KafkaSetup, die?: { at: Milestone; nth: number }): Promise<ChildProcess> {
  const { legacyUrl, targetUrl } = sync;
  const child = fork(file, [JSON.stringify({ legacyUrl, targetUrl, events, die })]);
  await once(child, 'message');
  return child;
}

describeWithKafka('a process that leads and applies', () => {
  test('may be killed at any point: no change is lost, and none takes effect twice', { timeout: 180_000 }, async () => {
    await using kafka = await setupThroughKafka();
    const { sync } = kafka;
    await sync.legacy.raw(talliesSchema);
    await caughtUpThenKilled(await start(kafka));
    const built = await oid(kafka);
    for (const [n, at] of [...deaths, ...deaths].entries()) {
      const child = await start(kafka, { at, nth: 1 + n * 3 });
      await until(
        `it died at ${at}`,
        async () => {
          await sync.legacy.raw('UPDATE tallies SET updates = updates + 1 WHERE id % 3 = ?', [n % 3]);
          return child.signalCode === 'SIGKILL';
        },
        40_000,
      );
    }
    await caughtUpThenKilled(await start(kafka));
    expect(await countedByHandler(sync.target)).toEqual(await countedByLegacy(sync.legacy));
    // Built anew it would hide what was lost.
    expect(await oid(kafka)).toEqual(built);
  });
});

async function caughtUpThenKilled(child: ChildProcess): Promise<void> {
  child.send('how far');
  await once(child, 'message');
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function oid({ sync }: KafkaSetup): Promise<unknown> {
  const { rows } = await sync.target.raw(`SELECT 'rm_counted_v1.counted'::regclass::oid AS oid`);
  return rows[0].oid;
}
