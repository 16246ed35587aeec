import { expect, test } from 'vitest';
import type { BreakerOpening } from '../../proxy/breakers.ts';
import { exchangeRaw, ordersFeature, routingOf, startTestProxy, startUpstream } from './support/harness.ts';
import { ScriptedApplied, ScriptedSource } from './support/scripted-positions.ts';

const read = 'GET /orders/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

test('a candidate that hangs costs each user its time and no more, for less than a second, and legacy is asked once for each', async () => {
  let isHung = false;
  let legacyReads = 0;
  const openings: BreakerOpening[] = [];
  const live = routingOf('live');
  const answer = { status: 200, headers: [], body: Buffer.from('candidate') };
  await using upstream = await startUpstream((_, res) => {
    legacyReads += 1;
    res.end('legacy');
  });
  await using proxy = await startTestProxy(upstream.url, {
    features: [{ ...ordersFeature, candidateTimeoutMs: 400 }],
    routing: () => live,
    candidate: () => ({
      ask: () => (isHung ? new Promise(() => undefined) : Promise.resolve({ ok: true, answer, tookMs: 1 })),
    }),
    applied: () => new ScriptedApplied(1_000n),
    source: new ScriptedSource(),
    onBreakerOpen: (opening) => openings.push(opening),
  });
  const served = async (): Promise<string> => (await exchangeRaw(proxy.port, read)).split('\r\n\r\n')[1]!;
  while ((await served()) !== 'candidate');

  isHung = true;
  legacyReads = 0;
  const hungAt = Date.now();
  const first = await Promise.all(Array.from({ length: 10 }, () => served()));
  expect(new Set(first)).toEqual(new Set(['legacy']));
  const waits = proxy.seen.slice(-10).map(({ tookMs, reason }) => ({ tookMs, reason }));
  for (const { tookMs, reason } of waits) {
    expect(reason).toBe('candidate-timeout');
    expect(tookMs).toBeGreaterThan(390);
    expect(tookMs).toBeLessThan(900);
  }
  expect(openings).toHaveLength(1);
  expect(openings[0]!.at - hungAt).toBeLessThan(1_000);
  expect(await served()).toBe('legacy');
  expect(proxy.seen.at(-1)).toMatchObject({ reason: 'breaker-open' });
  expect(legacyReads).toBe(11);
});
