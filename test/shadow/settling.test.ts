import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LegacyAsker } from '../../shadow/ask-legacy.ts';
import { defaultShadowSettings, ExchangeComparer } from '../../shadow/exchange-comparer.ts';
import type { Judgement } from '../../shadow/judge.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { until } from '../support/until.ts';
import { noCompareRules } from './arbitraries.ts';
import { exchangeOf, jsonBody } from './exchanges.ts';
import { startTestLegacy } from './test-legacy.ts';

const settleMs = 60;
/** What a candidate says that is never right. */
const wrong = (value: number): number => value + 1;

interface World extends AsyncDisposable {
  /** Changes legacy's data; the candidate has it so much later. */
  write(value: number, lagMs: number): void;
  compare(): Promise<Judgement>;
}

/** A legacy without a database, and a candidate of which nobody knows how far behind it is. */
async function settlingWorld(
  candidateTwists: (value: number) => number = (value) => value,
  recheckAfterMs?: readonly number[],
  byTime?: { readonly arrivesWithinMs: number; readonly isReached: (budgetMs: number) => boolean },
): Promise<World> {
  const data = { legacy: 0, candidate: 0 };
  const timers: NodeJS.Timeout[] = [];
  const legacy = await startTestLegacy((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ value: data.legacy }));
  });
  const asker = new LegacyAsker({ url: legacy.url });
  const headers = ['content-type', 'application/json'];
  const comparer = new ExchangeComparer({
    candidates: {
      candidate: () => ({
        ask: async () => {
          const body = jsonBody({ value: candidateTwists(data.candidate) });
          return { ok: true, answer: { status: 200, headers, body }, tookMs: 1 };
        },
      }),
      features: [
        {
          name: 'orders',
          key: 'orders',
          fingerprint: 'f1',
          compare: noCompareRules,
          readModel: undefined,
          arrivesWithinMs: byTime?.arrivesWithinMs,
        },
      ],
      readSourcePosition: () => (byTime ? Promise.resolve(1n) : Promise.reject(new Error('there is no database'))),
      close: async () => undefined,
    },
    legacy: asker,
    applied: () =>
      byTime && { current: () => undefined, waitFor: (_, budgetMs) => Promise.resolve(byTime.isReached(budgetMs)) },
    recheckAfterMs,
    redactionKey: Buffer.from('key'),
    record: () => undefined,
    settings: { ...defaultShadowSettings, settleMs },
    log: silentLog,
  });
  return {
    write: (value, lagMs) => {
      data.legacy = value;
      timers.push(setTimeout(() => (data.candidate = value), lagMs));
    },
    compare: () =>
      comparer.compare(exchangeOf('/x', { answer: { status: 200, headers, body: jsonBody({ value: data.legacy }) } })),
    [Symbol.asyncDispose]: async () => {
      for (const timer of timers) clearTimeout(timer);
      comparer.close();
      await asker[Symbol.asyncDispose]();
      await legacy[Symbol.asyncDispose]();
    },
  };
}

test('a candidate that lags less than is waited is stale, and the verdict says that it rests on time', async () => {
  await using world = await settlingWorld();
  world.write(1, settleMs / 2);
  expect(await world.compare()).toMatchObject({ verdict: 'stale', reason: 'settled' });
});

test('under writes that come faster than the lag no verdict is a mismatch', async () => {
  await using world = await settlingWorld();
  let value = 0;
  const writing = setInterval(() => world.write((value += 1), settleMs / 2), 5);
  const verdicts = new Set<string>();
  const end = Date.now() + 1_500;
  while (Date.now() < end) {
    const judged = await Promise.all(Array.from({ length: 8 }, () => world.compare()));
    for (const { verdict } of judged) verdicts.add(verdict);
  }
  clearInterval(writing);
  expect([...verdicts]).not.toContain('mismatch');
});

test('a single write that the candidate gets much later than is waited for once is not a mismatch: it is waited six times', async () => {
  await using world = await settlingWorld();
  world.write(1, settleMs * 3);
  expect(await world.compare()).toMatchObject({ verdict: 'raced', reason: 'settled' });
});

test('a candidate that stays different is a mismatch, and the verdict says that it rests on time', async () => {
  await using world = await settlingWorld(wrong);
  expect(await world.compare()).toMatchObject({ verdict: 'mismatch', reason: 'settled' });
});

test('a candidate that is further behind than anybody waits is found out: it comes to agree, again and again', async () => {
  const lagMs = settleMs * 10;
  await using world = await settlingWorld((value) => value, [lagMs]);
  let value = 0;
  await until('it is suspected', async () => {
    world.write((value += 1), lagMs);
    const { verdict, reason } = await world.compare();
    await delay(lagMs);
    return verdict === 'raced' && reason === 'lag-unknown';
  });
}, 60_000);

test('agreement at once needs no time', async () => {
  await using world = await settlingWorld();
  expect(await world.compare()).toMatchObject({ verdict: 'match', reason: '' });
});

test('where writes arrive by time nothing is said while they have not, and what is said rests on time', async () => {
  await using unread = await settlingWorld(wrong, undefined, { arrivesWithinMs: 1_000, isReached: () => false });
  expect(await unread.compare()).toMatchObject({ verdict: 'undetermined', reason: 'fence-budget' });
  await using read = await settlingWorld(wrong, undefined, { arrivesWithinMs: 1_000, isReached: () => true });
  expect(await read.compare()).toMatchObject({ verdict: 'mismatch', reason: 'settled' });
});

test('what writes may take to arrive is waited for on top of what a fence may take, in every round', async () => {
  const arrivesWithinMs = 600_000;
  const budgets: number[] = [];
  const isReached = (budgetMs: number): boolean => {
    budgets.push(budgetMs);
    return true;
  };
  await using world = await settlingWorld(wrong, undefined, { arrivesWithinMs, isReached });
  expect(await world.compare()).toMatchObject({ verdict: 'mismatch', reason: 'settled' });
  expect(new Set(budgets)).toEqual(new Set([defaultShadowSettings.fenceBudgetMs + arrivesWithinMs]));
});
