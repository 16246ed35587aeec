import { expect, test } from 'vitest';
import { LegacyAsker } from '../../shadow/ask-legacy.ts';
import {
  defaultShadowSettings,
  ExchangeComparer,
  type ExchangeComparerOptions,
} from '../../shadow/exchange-comparer.ts';
import { PairKeeper } from '../../shadow/pairs/pair-keeper.ts';
import { createSharedPositions, SharedPositionReader } from '../../shadow/shared-position.ts';
import type { CandidateQuestion, CandidateResult } from '../../src/kernel/candidate.ts';
import { headerValue, type HttpAnswer } from '../../src/kernel/exchange.ts';
import { silentLog } from '../../src/kernel/log.ts';
import type { EvidenceItem } from '../../src/store/evidence-item.ts';
import { noCompareRules } from './arbitraries.ts';
import { exchangeOf, jsonBody } from './exchanges.ts';
import { startTestLegacy, type TestLegacy } from './test-legacy.ts';

interface Made extends AsyncDisposable {
  readonly comparer: ExchangeComparer;
  readonly items: EvidenceItem[];
  readonly asked: CandidateQuestion[];
}

function comparerOf(
  legacy: TestLegacy,
  candidateSays: () => unknown,
  more: Partial<ExchangeComparerOptions> = {},
): Made {
  const positions = createSharedPositions(['orders']);
  positions.publish('orders', 1n);
  const asker = new LegacyAsker({ url: legacy.url });
  const items: EvidenceItem[] = [];
  const asked: CandidateQuestion[] = [];
  const ask = async (question: CandidateQuestion): Promise<CandidateResult> => {
    asked.push(question);
    const headers = ['content-type', 'application/json'];
    return { ok: true, answer: { status: 200, headers, body: jsonBody(candidateSays()) }, tookMs: 1 };
  };
  const comparer = new ExchangeComparer({
    candidates: {
      candidate: (feature) => (feature === 'orders' ? { ask } : undefined),
      features: [{ name: 'orders', key: 'orders', fingerprint: 'f1', compare: noCompareRules, readModel: undefined }],
      readSourcePosition: async () => 1n,
      close: async () => undefined,
    },
    legacy: asker,
    applied: () => new SharedPositionReader(positions.buffer, 0),
    redactionKey: Buffer.from('key'),
    record: (item) => items.push(item),
    settings: defaultShadowSettings,
    log: silentLog,
    ...more,
  });
  return { comparer, items, asked, [Symbol.asyncDispose]: () => asker[Symbol.asyncDispose]() };
}

test('a clock in the answer is told once as a place that may want an ignore rule', async () => {
  let now = 0;
  const clockField = (): object => ({ at: (now += 1) });
  await using legacy = await startTestLegacy((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(clockField()));
  });
  const told: unknown[] = [];
  const log = { ...silentLog, info: (fields: object) => void told.push(fields) };
  await using made = comparerOf(legacy, clockField, { log });
  const exchange = exchangeOf('/clock', {
    answer: { status: 200, headers: ['content-type', 'application/json'], body: jsonBody(clockField()) },
  });
  for (let i = 0; i < 2; i += 1) {
    expect(await made.comparer.compare(exchange)).toMatchObject({ verdict: 'undetermined', reason: 'legacy-unsteady' });
  }
  expect(told).toEqual([{ feature: 'orders', route: 'GET /orders/:id', path: '$.at' }]);
  expect(made.items).toMatchObject([
    { verdict: 'undetermined', reason: 'legacy-unsteady', key: undefined, differences: [], shape: '2xx' },
    { verdict: 'undetermined' },
  ]);
});

test('a conditional question that got a whole answer is compared, and asked without its condition', async () => {
  await using legacy = await startTestLegacy();
  await using made = comparerOf(legacy, () => ({ path: '/orders/1' }));
  const headers = ['If-None-Match', '"1"', 'Cookie', 'sid=1'];
  const exchange = exchangeOf('/orders/1', { question: { method: 'GET', target: '/orders/1', headers } });
  expect(await made.comparer.compare(exchange)).toMatchObject({ verdict: 'match' });
  const question = made.asked[0];
  expect(headerValue(question?.headers ?? [], 'if-none-match')).toBeUndefined();
  expect(headerValue(question?.headers ?? [], 'cookie')).toBe('sid=1');
  expect(legacy.asked).toHaveLength(0);
});

test('the same question on the same data has one key, however often it is asked', async () => {
  await using legacy = await startTestLegacy();
  await using made = comparerOf(legacy, () => ({ path: '/orders/1' }));
  for (let i = 0; i < 3; i += 1) await made.comparer.compare(exchangeOf('/orders/1', { tookMs: i }));
  expect(new Set(made.items.map(({ key }) => Buffer.from(key ?? []).toString('hex'))).size).toBe(1);
});

test('what can never be compared leaves no shape that would hold the gate', async () => {
  await using legacy = await startTestLegacy();
  await using made = comparerOf(legacy, () => ({}));
  const broken = exchangeOf('/orders/1', { answer: { status: 503, headers: [], body: jsonBody('') } });
  await made.comparer.compare(broken);
  expect(made.items).toMatchObject([{ verdict: 'skipped', reason: 'legacy-5xx', shape: undefined, key: undefined }]);
});

test('what is too large to be copied leaves a shape, so that no gate passes without one that was compared', async () => {
  await using legacy = await startTestLegacy();
  await using made = comparerOf(legacy, () => ({}));
  const answer = { status: 200, headers: ['content-type', 'application/json'], body: Buffer.alloc(0) };
  await made.comparer.compare(exchangeOf('/orders?all=1', { isCut: true, answer }));
  expect(made.items).toMatchObject([{ verdict: 'skipped', reason: 'too-large', shape: '2xx ?all', key: undefined }]);
  expect(made.asked).toHaveLength(0);
});

test('the answer of another version leaves no shape that would hold the gate where legacy gave none', async () => {
  await using away = await startTestLegacy((_, response) => void response.destroy());
  await using made = comparerOf(away, () => ({}));
  const answer = { status: 404, headers: [], body: jsonBody('') };
  const served = exchangeOf('/orders/1', { servedBy: 'candidate', answer });
  expect(await made.comparer.compare({ ...served, isOfOtherVersion: true })).toMatchObject({ reason: 'legacy-failed' });
  // Its own answer is what legacy is expected to say as well.
  await made.comparer.compare(served);
  expect(made.items).toMatchObject([
    { verdict: 'undetermined', reason: 'legacy-failed', shape: undefined },
    { verdict: 'undetermined', reason: 'legacy-failed', shape: '4xx' },
  ]);
});

function record(): void {
  throw new Error('no room');
}

test('without a candidate, or with a fault of our own, nothing is claimed', async () => {
  await using legacy = await startTestLegacy();
  await using made = comparerOf(legacy, () => ({ path: '/orders/1' }), { record });
  expect(await made.comparer.compare(exchangeOf('/x', { feature: 'invoices' }))).toMatchObject({
    reason: 'no-candidate',
  });
  expect(await made.comparer.compare(exchangeOf('/orders/1'))).toMatchObject({
    verdict: 'undetermined',
    reason: 'fault',
  });
});

test('when a key was parked while it was compared, whatever it came to is left out, a match like a mismatch', async () => {
  await using legacy = await startTestLegacy();
  for (const says of ['/orders/1', '/orders/wrong']) {
    let parkings = 3;
    await using made = comparerOf(
      legacy,
      () => {
        parkings = 4;
        return { path: says };
      },
      { parkings: () => parkings },
    );
    const judgement = await made.comparer.compare(exchangeOf('/orders/1', { parkings: 3 }));
    expect(judgement).toMatchObject({ verdict: 'skipped', reason: 'parked', differences: [] });
    // The question is one that could be compared, so the gate still waits for one of its kind.
    expect(made.items).toMatchObject([{ verdict: 'skipped', reason: 'parked', key: undefined, shape: '2xx' }]);
    expect(await made.comparer.compare(exchangeOf('/orders/1', { parkings: 4 }))).not.toMatchObject({
      verdict: 'skipped',
    });
  }
});

function redirect(location: string): HttpAnswer {
  return { status: 302, headers: ['Location', location], body: Buffer.of() };
}

async function askRedirecting(): Promise<CandidateResult> {
  return { ok: true, answer: redirect('/done'), tookMs: 1 };
}

test('a relative redirect and one to the origin that was asked are the same, and are one piece of evidence', async () => {
  await using legacy = await startTestLegacy();
  const compare = { ...noCompareRules, headers: ['location'] };
  const candidates = {
    candidate: () => ({ ask: askRedirecting }),
    features: [{ name: 'orders', key: 'orders', fingerprint: 'f1', compare, readModel: undefined }],
    readSourcePosition: async () => 1n,
    close: async () => undefined,
  };
  await using made = comparerOf(legacy, () => undefined, { candidates });
  const headers = ['Host', 'shop.example', 'X-Forwarded-Proto', 'https'];
  const question = { method: 'GET', target: '/orders/1', headers };
  for (const location of ['https://shop.example/done', '/done']) {
    const exchange = exchangeOf('/orders/1', { question, answer: redirect(location) });
    expect(await made.comparer.compare(exchange)).toMatchObject({ verdict: 'match' });
  }
  expect(made.items[0]?.key).toEqual(made.items[1]?.key);
});

test('what differs is kept with both answers, as the candidate gave its last one', async () => {
  await using legacy = await startTestLegacy();
  let asked = 0;
  await using made = comparerOf(legacy, () => ({ path: '/orders/1', total: (asked += 1) }), {
    pairs: new PairKeeper(),
  });
  await made.comparer.compare(exchangeOf('/orders/1'));
  const pair = made.items[0]?.pair?.take();
  expect(asked).toBeGreaterThan(1);
  expect(pair).toMatchObject({
    question: { method: 'GET', target: '/orders/1', headers: ['Host', 'shop.example'] },
    legacy: { status: 200, body: { form: 'tree' } },
    candidate: { body: { form: 'tree', text: expect.stringContaining(`"total":${asked}`) as unknown } },
  });
});

test('an answer that is none is not kept, and costs no evidence', async () => {
  await using legacy = await startTestLegacy();
  const answer = { status: 'fine', headers: [], body: 'text' } as unknown as HttpAnswer;
  const broken = { ask: () => Promise.resolve({ ok: true as const, answer, tookMs: 1 }) };
  const candidates = {
    candidate: () => broken,
    features: [{ name: 'orders', key: 'orders', fingerprint: 'f1', compare: noCompareRules, readModel: undefined }],
    readSourcePosition: async () => 1n,
    close: async () => undefined,
  };
  await using made = comparerOf(legacy, () => undefined, { candidates, pairs: new PairKeeper() });
  expect(await made.comparer.compare(exchangeOf('/orders/1'))).toMatchObject({ verdict: 'error', reason: 'invalid' });
  expect(made.items[0]?.pair?.take()).toMatchObject({ legacy: { status: 200 }, candidate: undefined });
});

test.each([
  [undefined, 2_000],
  [500, 2_000],
  [5_000, 5_000],
])('a candidate that users wait %s ms for has %s ms to answer', async (candidateTimeoutMs, expected) => {
  await using legacy = await startTestLegacy();
  const given: number[] = [];
  const ask = async (_: CandidateQuestion, timeoutMs: number): Promise<CandidateResult> => {
    given.push(timeoutMs);
    return { ok: false, failure: 'busy', reason: 'none', tookMs: 0 };
  };
  const feature = { name: 'orders', key: 'orders', fingerprint: 'f1', compare: noCompareRules, readModel: undefined };
  await using made = comparerOf(legacy, () => ({}), {
    candidates: {
      candidate: () => ({ ask }),
      features: [{ ...feature, candidateTimeoutMs }],
      readSourcePosition: async () => 1n,
      close: async () => undefined,
    },
  });
  await made.comparer.compare(exchangeOf('/orders/1'));
  expect(given).toEqual([expected]);
});

test.each([
  [1_000, 'seen', { verdict: 'undetermined', reason: 'candidate-late' }],
  [1_000, 'asked for', { verdict: 'match' }],
  [10_000, 'seen', { verdict: 'match' }],
  [undefined, 'seen', { verdict: 'match' }],
])(
  'an answer after 5 s that agrees, where users wait %s ms and the read was %s, is %o',
  async (candidateTimeoutMs, how, expected) => {
    await using legacy = await startTestLegacy();
    const headers = ['content-type', 'application/json'];
    const body = jsonBody({ path: '/orders/1' });
    const ask = async (): Promise<CandidateResult> => ({
      ok: true,
      answer: { status: 200, headers, body },
      tookMs: 5_000,
    });
    const feature = { name: 'orders', key: 'orders', fingerprint: 'f1', compare: noCompareRules, readModel: undefined };
    await using made = comparerOf(legacy, () => ({}), {
      candidates: {
        candidate: () => ({ ask }),
        features: [{ ...feature, candidateTimeoutMs }],
        readSourcePosition: async () => 1n,
        close: async () => undefined,
      },
      isOnPurpose: how === 'asked for',
    });
    expect(await made.comparer.compare(exchangeOf('/orders/1'))).toMatchObject(expected);
    // It is no evidence of anything, so the question stays to be compared.
    expect(made.items.map(({ key }) => key !== undefined)).toEqual([expected.verdict === 'match']);
  },
);

test('what agrees is not kept', async () => {
  await using legacy = await startTestLegacy();
  await using made = comparerOf(legacy, () => ({ path: '/orders/1' }), { pairs: new PairKeeper() });
  await made.comparer.compare(exchangeOf('/orders/1'));
  expect(made.items[0]?.pair).toBeUndefined();
});

test('a candidate that fails again and again is asked less, and what it is not asked is no match', async () => {
  await using legacy = await startTestLegacy();
  let asked = 0;
  const says = (): never => {
    asked += 1;
    throw new Error('broken');
  };
  await using made = comparerOf(legacy, says);
  for (let n = 0; n < 50; n += 1) await made.comparer.compare(exchangeOf('/orders/1'));
  expect(asked).toBeGreaterThanOrEqual(5);
  expect(asked).toBeLessThan(10);
  const reasons = made.items.map(({ verdict, reason }) => `${verdict} ${reason}`);
  expect(reasons.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => 'error failed'));
  expect(reasons.at(-1)).toBe('undetermined candidate-sick');
  const elsewhere = await made.comparer.compare(exchangeOf('/orders/1', { route: 'GET /orders' }));
  expect(elsewhere).toMatchObject({ verdict: 'error' });
  made.items.pop();
  // It was not asked, so nothing was measured, and users' questions stay uncovered.
  expect(made.items.at(-1)).toMatchObject({ candidateMs: undefined, key: undefined, shape: '2xx' });
});

test('whoever asks on purpose is told of each question, however often the candidate fails', async () => {
  await using legacy = await startTestLegacy();
  let asked = 0;
  const says = (): never => {
    asked += 1;
    throw new Error('broken');
  };
  await using made = comparerOf(legacy, says, { isOnPurpose: true });
  for (let n = 0; n < 20; n += 1) await made.comparer.compare(exchangeOf('/orders/1'));
  expect(asked).toBe(20);
});

test('a legacy under strain is not asked again, and nothing is claimed of what would have needed it', async () => {
  await using legacy = await startTestLegacy();
  await using made = comparerOf(legacy, () => ({ path: '/orders/wrong' }));
  const began = Date.now();
  let last = '';
  while (last !== 'undetermined legacy-strain' && Date.now() < began + 20_000) {
    const slow = exchangeOf('/orders/1', { tookMs: made.items.length < 10 ? 10 : 900 });
    const { verdict, reason } = await made.comparer.compare(slow);
    last = `${verdict} ${reason}`;
    // Its own answers are quick, so for each of them several users must have waited.
    for (let user = 0; user < 8; user += 1) {
      await made.comparer.compare(
        exchangeOf('/orders/1', { ...slow, answer: { status: 503, headers: [], body: jsonBody('') } }),
      );
    }
  }
  const asked = legacy.asked.length;
  expect(await made.comparer.compare(exchangeOf('/orders/1', { tookMs: 900 }))).toMatchObject({
    verdict: 'undetermined',
    reason: 'legacy-strain',
  });
  expect(legacy.asked).toHaveLength(asked);
}, 40_000);
