import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchWithin } from '../../../shadow/json/match-within.ts';

/** The most pairs there can be, by trying everything. */
function mostPairs(left: readonly number[], right: readonly number[]): number {
  const [first, ...rest] = left;
  if (first === undefined) return 0;
  const without = mostPairs(rest, right);
  const withFirst = right
    .filter((other) => Math.abs(first - other) <= 1)
    .map((other) => 1 + mostPairs(rest, right.toSpliced(right.indexOf(other), 1)));
  return Math.max(without, ...withFirst);
}

const few = fc.array(fc.nat(6), { maxLength: 5 });

test('as many are paired as can be, each with one that is the same to it and with nobody twice', () => {
  fc.assert(
    fc.property(few, few, (left, right) => {
      const partners = matchWithin(left.length, right.length, (a, b) => Math.abs(left[a]! - right[b]!) <= 1);
      const pairs = [...partners.entries()].flatMap(([a, b]) => (b === undefined ? [] : [[a, b] as const]));
      expect(pairs).toHaveLength(mostPairs(left, right));
      expect(new Set(pairs.map(([, b]) => b)).size).toBe(pairs.length);
      for (const [a, b] of pairs) expect(Math.abs(left[a]! - right[b]!)).toBeLessThanOrEqual(1);
    }),
    { numRuns: 500 },
  );
});

test('where all are the same, they are paired in their order', () => {
  expect(matchWithin(3, 4, () => true)).toEqual([0, 1, 2]);
});
