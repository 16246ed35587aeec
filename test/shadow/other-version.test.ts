import { expect, test } from 'vitest';
import { AnswerComparer } from '../../shadow/compare-answers.ts';
import { judge, type JudgePorts } from '../../shadow/judge.ts';
import type { HttpAnswer } from '../../src/kernel/exchange.ts';
import { noCompareRules, testRedactor } from './arbitraries.ts';
import { exchangeOf } from './exchanges.ts';

const comparer = new AnswerComparer(noCompareRules, testRedactor);

function answer(value: unknown, status = 200): HttpAnswer {
  return { status, headers: ['content-type', 'application/json'], body: Buffer.from(JSON.stringify(value)) };
}

/** A user was answered by another version, and it was wrong. */
const served = exchangeOf('/orders/1', {
  answer: answer('of the other version'),
  servedBy: 'candidate',
  version: 2,
  isOfOtherVersion: true,
});

function portsOf(legacy: HttpAnswer, candidate: HttpAnswer): JudgePorts & { readonly calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    askLegacy: async () => (calls.push('legacy'), { ok: true, answer: legacy, tookMs: 7 }),
    askCandidate: async () => (calls.push('candidate'), { ok: true, answer: candidate, tookMs: 3 }),
    readSourcePosition: async () => 1n,
    waitApplied: async () => true,
    compare: (ours, theirs) => comparer.compare(ours, theirs),
  };
}

const clock = { now: () => 1_000 };

test('the answer of another version is neither held against the one that is compared, nor counted for it', async () => {
  const right = portsOf(answer('legacy'), answer('legacy'));
  expect(await judge(served, right, clock)).toMatchObject({ verdict: 'match', legacyMs: 7, candidateMs: 3 });
  expect(right.calls).toEqual(['legacy', 'candidate']);
  const wrong = portsOf(answer('legacy'), answer('of the other version'));
  expect(await judge(served, wrong, clock)).toMatchObject({ verdict: 'mismatch' });
});

test('what legacy cannot answer now is not held against the version', async () => {
  const failing = portsOf(answer('broken', 503), answer('legacy'));
  expect(await judge(served, failing, clock)).toMatchObject({ verdict: 'skipped', reason: 'legacy-5xx' });
  expect(failing.calls).toEqual(['legacy']);
});
