import { expect, test } from 'vitest';
import { AnswerComparer, type Comparison } from '../../shadow/compare-answers.ts';
import type { HttpAnswer } from '../../src/kernel/exchange.ts';
import { noCompareRules, testRedactor } from './arbitraries.ts';
import { arrays } from './cases/arrays.ts';
import type { ComparisonCase } from './cases/comparison-case.ts';
import { deepAndLarge } from './cases/deep-and-large.ts';
import { keyedArrays } from './cases/keyed-arrays.ts';
import { keys } from './cases/keys.ts';
import { numbers } from './cases/numbers.ts';
import { ruled } from './cases/ruled.ts';
import { compositeKeys } from './cases/rules/composite-keys.ts';
import { formats } from './cases/rules/formats.ts';
import { moves } from './cases/rules/moves.ts';
import { owners } from './cases/rules/owners.ts';
import { tolerances } from './cases/rules/tolerances.ts';
import { unordered } from './cases/rules/unordered.ts';
import { texts } from './cases/texts.ts';
import { types } from './cases/types.ts';

const byRule = [...unordered, ...tolerances, ...formats, ...compositeKeys, ...moves, ...owners];
const cases = [
  ...numbers,
  ...texts,
  ...keys,
  ...types,
  ...arrays,
  ...keyedArrays,
  ...ruled,
  ...deepAndLarge,
  ...byRule,
];

function answerOf(body: string): HttpAnswer {
  return { status: 200, headers: ['Content-Type', 'application/json'], body: Buffer.from(body) };
}

/** What was found, told in as many words as what is expected. */
function asExpected(found: Comparison, expected: ComparisonCase['expected']): ComparisonCase['expected'] {
  if (found.outcome === 'undetermined') return found.reason as ComparisonCase['expected'];
  const differences = found.outcome === 'different' ? found.differences : [];
  return differences.map(({ kind, at, legacy, candidate }, index) => {
    const what = `${kind} ${at}`;
    return typeof expected[index] === 'string' ? what : [what, legacy, candidate];
  });
}

test.each(cases)('$name', ({ legacy, candidate, rules, expected }: ComparisonCase) => {
  const comparer = new AnswerComparer({ ...noCompareRules, ...rules }, testRedactor);
  const [ours, theirs] = [answerOf(legacy), answerOf(candidate)];
  const found = comparer.compare(ours, theirs);
  expect(comparer.compare(theirs, ours).outcome).toBe(found.outcome);
  expect(comparer.compare(ours, answerOf(legacy))).toEqual({ outcome: 'equal' });
  expect(asExpected(found, expected)).toEqual(expected);
  const isUndetermined = typeof expected === 'string';
  const outcome = isUndetermined ? 'undetermined' : expected.length === 0 ? 'equal' : 'different';
  expect(found.outcome).toBe(outcome);
  // Different data must never count as the same evidence, nor the same data as new; steps of a tolerance are another matter.
  const isSameEvidence = comparer.digest(ours).equals(comparer.digest(theirs));
  expect(rules?.tolerance !== undefined || isUndetermined || isSameEvidence === (outcome === 'equal')).toBe(true);
});

test('there are at least two hundred cases, those of other bodies not counted', () => {
  expect(cases.length).toBeGreaterThanOrEqual(200);
});

test('no two cases have the same name', () => {
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
});
