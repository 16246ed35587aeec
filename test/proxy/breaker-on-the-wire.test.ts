import { expect, test } from 'vitest';
import type { BreakerOpening } from '../../proxy/breakers.ts';
import type { Candidate, CandidateResult } from '../../src/kernel/candidate.ts';
import { exchangeRaw, ordersFeature, routingOf, startTestProxy, startUpstream, until } from './support/harness.ts';
import { ScriptedApplied, ScriptedSource } from './support/scripted-positions.ts';

const good: CandidateResult = {
  ok: true,
  answer: { status: 200, headers: ['Content-Type', 'text/plain'], body: Buffer.from('candidate') },
  tookMs: 1,
};
const bad: CandidateResult = { ok: false, failure: 'failed', reason: 'down', tookMs: 1 };
const read = 'GET /orders/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

test('a candidate that fails is left in peace, every read gets legacy, and it serves again when it is well', async () => {
  let asked = 0;
  let isWell = true;
  const candidate: Candidate = {
    ask: async () => {
      asked += 1;
      return isWell ? good : bad;
    },
  };
  const openings: BreakerOpening[] = [];
  const live = routingOf('live');
  let legacyReads = 0;
  await using upstream = await startUpstream((_, res) => {
    legacyReads += 1;
    res.end('legacy');
  });
  await using proxy = await startTestProxy(upstream.url, {
    features: [ordersFeature],
    routing: () => live,
    candidate: () => candidate,
    applied: () => new ScriptedApplied(1_000n),
    source: new ScriptedSource(),
    onBreakerOpen: (opening) => openings.push(opening),
  });
  const served = async (): Promise<string> => (await exchangeRaw(proxy.port, read)).split('\r\n\r\n')[1]!;
  let last = '';
  while (last !== 'candidate') last = await served();

  isWell = false;
  asked = 0;
  legacyReads = 0;
  for (let i = 0; i < 20; i += 1) expect(await served()).toBe('legacy');
  // Each read was answered by legacy once: none was lost and none sent twice.
  expect(legacyReads).toBe(20);
  expect(openings).toHaveLength(1);
  expect(openings[0]).toMatchObject({ feature: 'orders' });
  // Good answers from before count as well, so it may take a few more than five.
  expect(asked).toBeLessThan(20);
  expect(proxy.seen.at(-1)).toMatchObject({ servedBy: 'legacy', reason: 'breaker-open', fallback: 'breaker-open' });

  isWell = true;
  let back = '';
  while (back !== 'candidate') back = await served();
  await until(() => proxy.seen.at(-1)?.reason === 'live');
});

test('reads that come back to a candidate after they were sent away find its breaker closed', async () => {
  let isWell = true;
  let routing = routingOf('live');
  await using upstream = await startUpstream((_, res) => res.end('legacy'));
  await using proxy = await startTestProxy(upstream.url, {
    features: [ordersFeature],
    routing: () => routing,
    candidate: () => ({ ask: async () => (isWell ? good : bad) }),
    applied: () => new ScriptedApplied(1_000n),
    source: new ScriptedSource(),
  });
  const served = async (): Promise<string> => (await exchangeRaw(proxy.port, read)).split('\r\n\r\n')[1]!;
  while ((await served()) !== 'candidate');
  isWell = false;
  while (proxy.proxy.breakers()['orders'] !== 'open') await served();
  routing = routingOf('shadow');
  await served();
  isWell = true;
  routing = routingOf('live');
  await served();
  expect(proxy.proxy.breakers()['orders']).toBe('closed');
});

test('a crowd is not the candidate’s fault: whoever finds no room with it gets legacy, and its breaker stays closed', async () => {
  const waiting: (() => void)[] = [];
  const candidate: Candidate = {
    ask: () =>
      new Promise((resolve) => {
        waiting.push(() => resolve(good));
      }),
  };
  const live = routingOf('live');
  await using upstream = await startUpstream((_, res) => res.end('legacy'));
  await using proxy = await startTestProxy(upstream.url, {
    features: [{ ...ordersFeature, candidateTimeoutMs: 60_000 }],
    routing: () => live,
    candidate: () => candidate,
    applied: () => new ScriptedApplied(1_000n),
    source: new ScriptedSource(),
  });
  const served = async (): Promise<string> => (await exchangeRaw(proxy.port, read)).split('\r\n\r\n')[1]!;
  // Until its floor is known, legacy answers.
  while (waiting.length === 0) await Promise.race([served(), until(() => waiting.length > 0)]);
  const crowd = Array.from({ length: 150 }, served);
  const refused = (): string[] => proxy.seen.map(({ reason }) => reason).filter((reason) => /busy|open/.test(reason));
  await until(() => waiting.length === 100 && refused().length === 51);
  expect(new Set(refused())).toEqual(new Set(['candidate-busy']));
  expect(proxy.proxy.breakers()['orders']).toBe('closed');
  for (const answer of waiting) answer();
  expect((await Promise.all(crowd)).filter((answer) => answer === 'candidate')).toHaveLength(99);
  const next = served();
  await until(() => waiting.length === 101);
  waiting[100]!();
  expect(await next).toBe('candidate');
});
