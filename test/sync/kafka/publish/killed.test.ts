import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { publishedModel } from '../../../../src/app/following/published-model.ts';
import { EventTypes } from '../../../../src/config/event-types.ts';
import type { Milestone } from '../../../../src/kernel/milestones.ts';
import { describeWithKafka } from '../../../support/kafka-server.ts';
import { until } from '../../../support/until.ts';
import { heardSchema, outbox, types } from '../../domain-events/heard-model.ts';
import { setupSync } from '../../fixtures.ts';
import { type Publishing, publishing, readCommitted } from './published.ts';

const file = fileURLToPath(new URL('publisher-child.js', import.meta.url));
/** `publish:committed`: the brokers have it, the queue does not know. */
const deaths: readonly Milestone[] = ['publish:sent', 'publish:numbered', 'publish:committed'];

async function start(
  targetUrl: string,
  publish: Publishing,
  die?: { readonly at: Milestone; readonly nth: number },
): Promise<ChildProcess> {
  const child = fork(file, [JSON.stringify({ targetUrl, publish, die })]);
  await once(child, 'message');
  return child;
}

describeWithKafka('a process that publishes', () => {
  test(
    'may be killed at any point: every event is read once, in the order of its key',
    { timeout: 120_000 },
    async () => {
      await using setup = await setupSync();
      const { legacy, target, targetUrl } = setup;
      await legacy.raw(heardSchema);
      const publish = await publishing();
      const model = publishedModel({
        ...publish,
        history: false,
        domainEvents: { types: new EventTypes(types), outbox },
      });
      setup.startCapture({ readModels: [model] });
      let n = 0;
      const write = async (about = String(n % 5)): Promise<void> => {
        n += 1;
        await legacy('outbox').insert({ kind: 'JobDone', about, payload: { n } });
      };
      for (const [round, at] of [...deaths, ...deaths].entries()) {
        const child = await start(targetUrl, publish, { at, nth: 1 + (round % 4) });
        await until(
          `it died at ${at}`,
          async () => {
            await write();
            return child.signalCode === 'SIGKILL';
          },
          40_000,
        );
      }
      await write('end');
      const last = await start(targetUrl, publish);
      const read = await readCommitted(publish);
      await until('the queue is empty', async () => (await target('fig.outgoing_event').first('number')) === undefined);
      const gone = once(last, 'exit');
      last.kill('SIGKILL');
      await gone;
      const numbers = read.map(({ value }) => (value as { n: number }).n);
      expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i + 1));
      for (const key of ['0', '1', '2', '3', '4']) {
        const ofKey = read.filter((each) => each.key === key).map(({ value }) => (value as { n: number }).n);
        expect(ofKey).toEqual(ofKey.toSorted((a, b) => a - b));
      }
      expect(new Set(read.map(({ headers }) => headers['ce_id'])).size).toBe(n);
    },
  );
});
