import { expect, test } from 'vitest';
import { AnswerComparer } from '../../../shadow/compare-answers.ts';
import { judge, type JudgePorts } from '../../../shadow/judge.ts';
import { VariationBook } from '../../../shadow/variation/variation-book.ts';
import { VariationWatch } from '../../../shadow/variation/variation-watch.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import type { HttpAnswer } from '../../../src/kernel/exchange.ts';
import type { VariationTally } from '../../../src/kernel/legacy-variation.ts';
import { noCompareRules, testRedactor } from '../arbitraries.ts';
import { exchangeOf, jsonBody } from '../exchanges.ts';

const comparer = new AnswerComparer(noCompareRules, testRedactor);
const scope = { feature: 'orders', fingerprint: 'f1', route: 'GET /orders/:id' };

function answer(value: unknown): HttpAnswer {
  return { status: 200, headers: ['content-type', 'application/json'], body: jsonBody(value) };
}

/** Judges a question whose first answer by legacy is the first of these, and then looks at what varied. */
async function watched(legacySays: () => unknown, candidateSays: () => unknown): Promise<readonly VariationTally[]> {
  const ports: JudgePorts = {
    askLegacy: async () => ({ ok: true, answer: answer(legacySays()), tookMs: 1 }),
    askCandidate: async () => ({ ok: true, answer: answer(candidateSays()), tookMs: 1 }),
    readSourcePosition: async () => 1n,
    waitApplied: async () => true,
    compare: (one, other) => comparer.compare(one, other),
  };
  const book = new VariationBook();
  const watch = new VariationWatch(book, { share: 1, maxPerSecond: Number.POSITIVE_INFINITY }, systemClock);
  for (let n = 0; n < 3; n += 1) {
    const exchange = exchangeOf('/orders/1', { answer: answer(legacySays()) });
    await watch.watch(scope, await judge(exchange, ports, systemClock), ports);
  }
  return book.take().variations;
}

test('legacy that flips between two answers is found out where the candidate agrees with one of them', async () => {
  let n = 0;
  const flips = (): unknown => ({ total: 5, node: (n += 1) % 2 === 0 ? 'even' : 'odd' });
  expect(await watched(flips, () => ({ total: 5, node: 'odd' }))).toMatchObject([
    { path: '$.node', kind: 'other', varied: 3, witnessed: 3 },
  ]);
});

function clock(): unknown {
  return { total: 5, at: new Date(Date.now() + Math.random() * 500).toISOString() };
}

test('a clock in both answers is found out, and that nobody is a witness of it', async () => {
  expect(await watched(clock, clock)).toMatchObject([{ path: '$.at', kind: 'time', varied: 3, witnessed: 0 }]);
});

test('a token that only legacy gives is found out in a mismatch as well', async () => {
  let n = 0;
  const tokens = (): unknown => ({ total: 5, token: `a1b2c3d4${(n += 1)}` });
  expect(await watched(tokens, () => ({ total: 6, token: 'z9z9z9z9z9' }))).toMatchObject([
    { path: '$.token', kind: 'token', witnessed: 3 },
  ]);
});

test('nothing varies in answers that stay the same, whether they agree or not', async () => {
  expect(
    await watched(
      () => ({ total: 5 }),
      () => ({ total: 5 }),
    ),
  ).toEqual([]);
  expect(
    await watched(
      () => ({ total: 5 }),
      () => ({ total: 6 }),
    ),
  ).toEqual([]);
});
