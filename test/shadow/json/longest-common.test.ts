import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { longestCommon, type Match } from '../../../shadow/json/longest-common.ts';

function matchesOf(left: string, right: string, maxEdits = 1_000): readonly Match[] | undefined {
  return longestCommon(left.length, right.length, (a, b) => left[a] === right[b], maxEdits);
}

/** The textbook table. */
function lengthOfLongest(left: string, right: string): number {
  let above = Array.from({ length: right.length + 1 }, () => 0);
  for (const letter of left) {
    const row = [0];
    for (let at = 0; at < right.length; at += 1) {
      row.push(letter === right[at] ? above[at]! + 1 : Math.max(above[at + 1]!, row[at]!));
    }
    above = row;
  }
  return above.at(-1)!;
}

const words = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 30 });

test('it finds as many matches as there are, in rising order, each of two that are the same', () => {
  fc.assert(
    fc.property(words, words, (left, right) => {
      const matches = matchesOf(left, right)!;
      expect(matches).toHaveLength(lengthOfLongest(left, right));
      let [beforeLeft, beforeRight] = [-1, -1];
      for (const [a, b] of matches) {
        expect(left[a]).toBe(right[b]);
        expect(a).toBeGreaterThan(beforeLeft);
        expect(b).toBeGreaterThan(beforeRight);
        [beforeLeft, beforeRight] = [a, b];
      }
    }),
    { numRuns: 1_000 },
  );
});

test('it gives up exactly where more edits are needed than are allowed', () => {
  fc.assert(
    fc.property(words, words, fc.nat(20), (left, right, maxEdits) => {
      const edits = left.length + right.length - 2 * lengthOfLongest(left, right);
      expect(matchesOf(left, right, maxEdits) !== undefined).toBe(edits <= maxEdits);
    }),
    { numRuns: 1_000 },
  );
});

test('what two long sequences without anything in common cost is bounded by the edits allowed', () => {
  let asked = 0;
  const isSame = (): boolean => {
    asked += 1;
    return false;
  };
  expect(longestCommon(1_000_000, 1_000_000, isSame, 100)).toBeUndefined();
  expect(asked).toBeLessThan(10_000);
});

test('it ends when it may take no more steps', () => {
  expect(
    longestCommon(
      100,
      99,
      (a, b) => a === b + 1,
      100,
      () => false,
    ),
  ).toBeUndefined();
});
