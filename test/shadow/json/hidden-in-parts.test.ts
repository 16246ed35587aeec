import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareJson } from '../../../shadow/json/compare-json.ts';
import { DifferingParts } from '../../../shadow/json/differing-parts.ts';
import { findHidden } from '../../../shadow/json/find-hidden.ts';
import { fromText, jsonValues, rulesOf, testRedactor, type PathRules } from '../arbitraries.ts';
import { plant, planting } from './mutations.ts';
import { meetingTexts } from './texts.ts';

const parts = new DifferingParts();

// Without tolerances: which row of a list stands for which may be told otherwise when some are left out.
const someRules: fc.Arbitrary<Partial<PathRules>> = fc.record({
  ignore: fc.subarray(['$.a', '$[0]', '$[*].b', '$.*.a', "$['']"]),
  keyed: fc.constantFrom({}, { $: 'a' }, { '$[*]': 'a' }, { '$.a': 'id', $: 'id' }, { $: { by: ['a', 'b'] } }),
  unordered: fc.subarray(['$.a', '$[*]', '$.*.a']),
  format: fc.constantFrom({}, { '$.a': 'decimal' as const }, { '$[*]': 'decimal' as const }),
});

/** What rules hide in the parts, and in the whole; undefined: there are no parts. */
function hiddenIn(one: string, other: string, rules: Partial<PathRules>): readonly [unknown, unknown] | undefined {
  const under = rulesOf(rules);
  const pair = parts.read(Buffer.from(one), Buffer.from(other), under, testRedactor.isSecretField);
  if (pair === undefined) return undefined;
  const [legacy, candidate] = [fromText(one), fromText(other)];
  const areEqual = compareJson(legacy, candidate, under, testRedactor).outcome === 'equal';
  return [
    findHidden(pair.legacy, pair.candidate, under, { areEqual }),
    findHidden(legacy, candidate, under, { areEqual }),
  ];
}

test('rules hide in the parts that differ what they hide in the whole', () => {
  let found = 0;
  fc.assert(
    fc.property(meetingTexts, meetingTexts, someRules, (one, other, rules) => {
      const hidden = hiddenIn(one, other, rules);
      if (hidden === undefined) return;
      if (JSON.stringify(hidden[1]) !== '[]') found += 1;
      expect(hidden[0]).toEqual(hidden[1]);
    }),
    { numRuns: 20_000 },
  );
  expect(found).toBeGreaterThan(200);
});

test('so they do with a change that is planted in a large value', () => {
  fc.assert(
    fc.property(jsonValues, planting, someRules, (value, how, rules) => {
      const planted = plant(value, how, String);
      fc.pre(planted !== undefined);
      const hidden = hiddenIn(JSON.stringify(value), JSON.stringify(planted.value), rules);
      expect(hidden?.[0]).toEqual(hidden?.[1]);
    }),
    { numRuns: 5_000 },
  );
});
