import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchSorted, type Rank } from '../../../shadow/json/match-sorted.ts';
import { matchWithin } from '../../../shadow/json/match-within.ts';
import { compareTexts, type PathRules } from '../arbitraries.ts';

const ranks = fc.array(
  fc.option(fc.record({ kind: fc.constantFrom('a', 'b'), at: fc.integer({ min: -12, max: 12 }) }), { nil: undefined }),
  { maxLength: 10 },
);

/** As an absolute tolerance and a share of the larger one: the wider of the two holds. */
function areNear(a: Rank | undefined, b: Rank | undefined): boolean {
  if (a === undefined || b === undefined || a.kind !== b.kind) return false;
  return Math.abs(a.at - b.at) <= Math.max(1, 0.3 * Math.max(Math.abs(a.at), Math.abs(b.at)));
}

function count(all: readonly (number | undefined)[]): number {
  return all.filter((each) => each !== undefined).length;
}

test('as many are paired as by trying all pairs', () => {
  fc.assert(
    fc.property(ranks, ranks, (left, right) => {
      const isSame = (a: number, b: number): boolean => areNear(left[a], right[b]);
      const partners = matchSorted(left, right, isSame);
      expect(count(partners)).toBe(count(matchWithin(left.length, right.length, isSame)));
      expect(new Set(partners.filter((each) => each !== undefined)).size).toBe(count(partners));
      for (const [index, partner] of partners.entries())
        expect(partner === undefined || isSame(index, partner)).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});

const many = Array.from({ length: 5_000 }, (_, at) => at);
const bodyOf = (valueOf: (at: number) => unknown, order: readonly number[] = many): string =>
  JSON.stringify(order.map(valueOf));

test.each<[string, (at: number) => unknown, (at: number) => unknown, PathRules['tolerance'][string]]>([
  ['numbers', (at) => at, (at) => at + 0.004, 0.005],
  ['numbers by their share', (at) => at + 1, (at) => (at + 1) * 1.00001, { relative: 0.0001 }],
  ['texts that are numbers', (at) => `${at}.000`, (at) => `${at}.004`, 0.005],
  [
    'times',
    (at) => new Date(at * 60_000).toISOString(),
    (at) => new Date(at * 60_000 + 900).toISOString(),
    { time: '1s' },
  ],
])('thousands of %s in any order are paired within their tolerance', (_, legacy, candidate, tolerance) => {
  const rules = { unordered: ['$'], tolerance: { '$[*]': tolerance } };
  const reversed = many.toReversed();
  expect(compareTexts(bodyOf(legacy), bodyOf(candidate, reversed), rules)).toEqual({ outcome: 'equal' });
  const changed = reversed.with(7, 9_000_000);
  expect(compareTexts(bodyOf(legacy), bodyOf(candidate, changed), rules)).toMatchObject({
    outcome: 'different',
    differences: [{ kind: 'value', at: '$[4992]' }],
  });
});

test('of more elements that hold others than can be tried nothing is said, least of all that they differ', () => {
  const rules = { unordered: ['$'], tolerance: { '$[*].n': 0.005 } };
  const legacy = bodyOf((at) => ({ n: at }));
  const candidate = bodyOf((at) => ({ n: at + 0.004 }), many.toReversed());
  expect(compareTexts(legacy, candidate, rules)).toEqual({ outcome: 'undetermined', reason: 'too-complex' });
  const [few, other] = [many.slice(0, 300), many.slice(0, 300).toReversed()];
  expect(
    compareTexts(
      bodyOf((at) => ({ n: at }), few),
      bodyOf((at) => ({ n: at + 0.004 }), other),
      rules,
    ),
  ).toEqual({
    outcome: 'equal',
  });
});
