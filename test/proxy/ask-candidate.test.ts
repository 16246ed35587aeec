import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { CandidateDesk } from '../../proxy/ask-candidate.ts';
import type { CandidateResult } from '../../src/kernel/candidate.ts';
import { until } from './support/harness.ts';

const question = { feature: 'orders', route: 'GET /x', params: {}, method: 'GET', target: '/x', headers: [] };
const fine: CandidateResult = { ok: true, answer: { status: 200, headers: [], body: Buffer.from('x') }, tookMs: 1 };

test('a hung candidate is given only so many questions, and new ones when the old ones settle', async () => {
  const settle: ((result: CandidateResult) => void)[] = [];
  const desk = new CandidateDesk(
    () => ({
      ask: () =>
        new Promise((resolve) => {
          settle.push(resolve);
        }),
    }),
    3,
  );
  const results = await Promise.all([1, 2, 3, 4].map(() => desk.ask(question, 10)));
  expect(results.map((result) => (result.ok ? 'ok' : result.failure))).toEqual([
    'timeout',
    'timeout',
    'timeout',
    'busy',
  ]);
  expect(settle).toHaveLength(3);
  expect(await desk.ask({ ...question, feature: 'other' }, 10)).toMatchObject({ failure: 'timeout' });
  settle[0]?.(fine);
  await setImmediate();
  const asking = desk.ask(question, 10_000);
  await until(() => settle.length === 5);
  settle[4]?.(fine);
  expect(await asking).toMatchObject({ ok: true });
});

test('a question that never settles gives its place back in the end', async () => {
  const desk = new CandidateDesk(() => ({ ask: () => new Promise(() => undefined) }), 1);
  expect(await desk.ask(question, 1)).toMatchObject({ failure: 'timeout' });
  expect(await desk.ask(question, 1)).toMatchObject({ failure: 'busy' });
  await expect.poll(async () => desk.ask(question, 1), { timeout: 10_000 }).toMatchObject({ failure: 'timeout' });
});

test('a version that hangs leaves the other one all its places', async () => {
  const hung = new Promise<CandidateResult>(() => undefined);
  const desk = new CandidateDesk((_feature, version) => ({ ask: async () => (version === 2 ? hung : fine) }), 1);
  expect(await desk.ask({ ...question, version: 2 }, 10)).toMatchObject({ failure: 'timeout' });
  expect(await desk.ask({ ...question, version: 2 }, 10)).toMatchObject({ failure: 'busy' });
  expect(await desk.ask({ ...question, version: 1 }, 10_000)).toMatchObject({ ok: true });
});

test('an answer that comes late, or fails late, is dropped without a trace', async () => {
  let reject: ((error: Error) => void) | undefined;
  const desk = new CandidateDesk(() => ({
    ask: () =>
      new Promise((_, fail) => {
        reject = fail;
      }),
  }));
  expect(await desk.ask(question, 1)).toMatchObject({ failure: 'timeout' });
  reject?.(new Error('late'));
  await setImmediate();
  expect(await new CandidateDesk(() => ({ ask: async () => fine })).ask(question, 100)).toMatchObject({ ok: true });
});
