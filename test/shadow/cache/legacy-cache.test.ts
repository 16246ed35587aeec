import { expect, test } from 'vitest';
import { LegacyAsker } from '../../../shadow/ask-legacy.ts';
import { defaultShadowSettings, ExchangeComparer } from '../../../shadow/exchange-comparer.ts';
import { createSharedPositions, SharedPositionReader } from '../../../shadow/shared-position.ts';
import { VariationBook } from '../../../shadow/variation/variation-book.ts';
import type { Exchange } from '../../../src/kernel/exchange.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import type { EvidenceItem } from '../../../src/store/evidence-item.ts';
import { until } from '../../support/until.ts';
import { noCompareRules } from '../arbitraries.ts';
import { exchangeOf, jsonBody } from '../exchanges.ts';
import { startTestLegacy } from '../test-legacy.ts';

interface CachingWorld extends AsyncDisposable {
  /** What is stored now; legacy may still answer from its cache. */
  data: number;
  /** Whether the candidate is wrong about it. */
  isWrong: boolean;
  readonly comparer: ExchangeComparer;
  readonly items: EvidenceItem[];
  readonly variations: VariationBook;
  /** A question as a user asks it now, through legacy's cache. */
  ask(target?: string): Promise<Exchange>;
}

/** A legacy on a real socket that answers from a cache for so long. */
async function cachingWorld(cacheMs: number, legacyCache: number | undefined, headers?: string): Promise<CachingWorld> {
  const cached = new Map<string, { readonly value: number; readonly until: number }>();
  const legacy = await startTestLegacy((request, response) => {
    const kept = cached.get(request.url!);
    const entry = kept && kept.until > Date.now() ? kept : { value: world.data, until: Date.now() + cacheMs };
    cached.set(request.url!, entry);
    response.setHeader('content-type', 'application/json');
    if (headers !== undefined && kept === entry) response.setHeader('age', headers);
    response.end(JSON.stringify({ value: entry.value }));
  });
  const asker = new LegacyAsker({ url: legacy.url });
  const positions = createSharedPositions(['orders']);
  positions.publish('orders', 1n);
  const items: EvidenceItem[] = [];
  const variations = new VariationBook();
  const compare = { ...noCompareRules, legacyCache: legacyCache === undefined ? undefined : { '*': legacyCache } };
  const comparer = new ExchangeComparer({
    candidates: {
      candidate: () => ({
        ask: async () => {
          const body = jsonBody({ value: world.isWrong ? -1 : world.data });
          return { ok: true, answer: { status: 200, headers: ['content-type', 'application/json'], body }, tookMs: 1 };
        },
      }),
      features: [{ name: 'orders', key: 'orders', fingerprint: 'f1', compare, readModel: undefined }],
      readSourcePosition: async () => 1n,
      close: async () => undefined,
    },
    legacy: asker,
    applied: () => new SharedPositionReader(positions.buffer, 0),
    redactionKey: Buffer.from('key'),
    record: (item) => items.push(item),
    variations,
    recheckAfterMs: [cacheMs / 2, cacheMs + 50],
    settings: { ...defaultShadowSettings, sandwich: { share: 0, maxPerSecond: 1 } },
    log: silentLog,
  });
  const world: CachingWorld = {
    data: 1,
    isWrong: false,
    comparer,
    items,
    variations,
    ask: async (target = '/orders/1') => {
      const response = await fetch(new URL(target, legacy.url));
      const raw = [...response.headers].flat();
      return exchangeOf(target, {
        answer: { status: response.status, headers: raw, body: Buffer.from(await response.arrayBuffer()) },
      });
    },
    [Symbol.asyncDispose]: async () => {
      comparer.close();
      await asker[Symbol.asyncDispose]();
      await legacy[Symbol.asyncDispose]();
    },
  };
  return world;
}

test('a difference that legacy made with its cache is no mismatch where the cache is declared', async () => {
  await using world = await cachingWorld(300, 350);
  await world.ask();
  world.data = 2;
  const judgement = await world.comparer.compare(await world.ask());
  expect(judgement).toMatchObject({ verdict: 'raced', reason: 'legacy-cache', differences: [] });
});

test('a candidate that is wrong is still called so, when legacy has been asked past its cache', async () => {
  await using world = await cachingWorld(300, 350);
  world.isWrong = true;
  expect(await world.comparer.compare(await world.ask())).toMatchObject({
    verdict: 'mismatch',
    differences: [{ path: '$.value' }],
  });
});

test('a legacy that moved on while its cache was waited for proves nothing against a candidate that differs', async () => {
  await using world = await cachingWorld(300, 350);
  world.isWrong = true;
  const exchange = await world.ask();
  world.data = 2;
  expect(await world.comparer.compare(exchange)).toMatchObject({ verdict: 'undetermined', reason: 'legacy-cache' });
});

test('an answer that says how old it is is waited for without a rule', async () => {
  await using world = await cachingWorld(300, undefined, '1');
  await world.ask();
  world.data = 2;
  const judged = world.comparer.compare(await world.ask());
  const told = await Promise.race([judged, new Promise((resolve) => setTimeout(resolve, 200, 'waits'))]);
  expect(told).toBe('waits');
  // Nobody says for how long such an answer is kept, and the worker may have to end before.
  world.comparer.close();
  expect(await judged).toMatchObject({ verdict: 'undetermined', reason: 'legacy-cache' });
});

test('at most a hundred wait; what comes to more is undetermined at once', async () => {
  await using world = await cachingWorld(1, 60_000);
  world.isWrong = true;
  const judged = Array.from({ length: 105 }, async () => world.comparer.compare(await world.ask()));
  const first = await Promise.race(judged);
  expect(first).toMatchObject({ verdict: 'undetermined', reason: 'legacy-cache' });
  await until('the five are told', () => world.items.length === 5);
  world.comparer.close();
  await Promise.all(judged);
  expect(world.items).toHaveLength(105);
  expect(new Set(world.items.map(({ verdict }) => verdict))).toEqual(new Set(['undetermined']));
});

test('a cache that nobody declared is found out, and from then on differences that it made are kept back', async () => {
  await using world = await cachingWorld(400, undefined);
  let asked = 0;
  await until('it is suspected', async () => {
    const target = `/orders/${(asked += 1)}`;
    world.data = 1;
    await world.ask(target);
    world.data = 2;
    const { reason } = await world.comparer.compare(await world.ask(target));
    return reason === 'legacy-cache';
  });
  const [found] = world.variations.take().variations;
  expect(found).toMatchObject({ kind: 'cache', first: expect.stringMatching(/^\ds$/) });
  expect(found!.witnessed).toBeGreaterThanOrEqual(3);
}, 60_000);

test('a candidate that is wrong on a route without a cache is told at once, however often', async () => {
  await using world = await cachingWorld(0, undefined);
  world.isWrong = true;
  for (let n = 0; n < 10; n += 1) {
    world.data += 1;
    expect(await world.comparer.compare(await world.ask())).toMatchObject({ verdict: 'mismatch' });
  }
});
