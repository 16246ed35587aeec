import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAdminServer } from '../../src/admin/admin-server.ts';
import type { TailReader } from '../../src/app/tail/event-tail.ts';
import { LossyReader } from '../../src/app/tail/lossy-reader.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { type SampleControl, sampleControl } from '../support/sample-control.ts';
import { sampleLine } from '../support/sample-line.ts';
import { until } from '../support/until.ts';

let server: Awaited<ReturnType<typeof startAdminServer>>;
let control: SampleControl;

beforeAll(async () => {
  control = sampleControl();
  server = await startAdminServer({ control, port: 0, log: silentLog });
});
afterAll(() => server.stop());

/** Lets whoever asks next look at what the test shows. */
function nextReader(): Promise<TailReader> {
  return new Promise((resolve) => {
    control.tailing = async (_request, reader) => {
      reader.begin();
      resolve(reader);
      if (!reader.signal.aborted) await once(reader.signal, 'abort');
    };
  });
}

function open(path = '/events/tail'): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => void get(`${server.url}${path}`, resolve).once('error', reject));
}

test('a reader that stands still takes bounded memory, loses lines, and is told how many when it reads on', async () => {
  const coming = nextReader();
  const response = await open();
  response.pause();
  const reader = await coming;
  let taken = 0;
  // Until the system's buffers and ours are full.
  while (reader.take(sampleLine(taken))) taken += 1;
  await until('nothing flows any more', async () => {
    const before = taken;
    await new Promise((resolve) => setImmediate(resolve));
    while (reader.take(sampleLine(taken))) taken += 1;
    return taken === before;
  });
  const lossy = new LossyReader(reader);
  for (let n = 0; n < 5_000; n += 1) lossy.offer(sampleLine(n));
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  response.resume();
  const lost = await until('it is told', () => {
    const line = text.split('\n').find((each) => each.startsWith('{"lost"'));
    return line === undefined ? undefined : (JSON.parse(line) as { lost: number }).lost;
  });
  expect(lost).toBe(5_000);
  expect(text.split('\n').filter((line) => line.includes('"what"'))).toHaveLength(taken);
  response.destroy();
  await until('it is known that nobody looks', () => reader.signal.aborted);
});

const status = async (path: string): Promise<number | undefined> => {
  const response = await open(path);
  response.destroy();
  return response.statusCode;
};

test('what is asked wrongly is refused, and so is a reader too many', async () => {
  control.tailing = async (_request, reader) => {
    reader.begin();
    if (!reader.signal.aborted) await once(reader.signal, 'abort');
  };
  expect(await status('/events/tail?from=yesterday')).toBe(400);
  expect(await status('/events/tail?where=here')).toBe(400);
  const open20 = await Promise.all(Array.from({ length: 20 }, () => open()));
  expect(await status('/events/tail')).toBe(503);
  for (const response of open20) response.destroy();
  await until('there is room again', async () => (await status('/events/tail')) === 200);
});
