import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareJson, type JsonComparison } from '../../../shadow/json/compare-json.ts';
import { DifferingParts, sameInBoth } from '../../../shadow/json/differing-parts.ts';
import { isArray, isObject, type JsonValue } from '../../../shadow/json/json-value.ts';
import { compareTexts, jsonValues, rulesOf, testRedactor, type PathRules } from '../arbitraries.ts';
import { plant, planting } from './mutations.ts';
import { meetingTexts } from './texts.ts';

const parts = new DifferingParts();

function read(legacy: string, candidate: string, rules: Partial<PathRules> = {}): ReturnType<DifferingParts['read']> {
  return parts.read(Buffer.from(legacy), Buffer.from(candidate), rulesOf(rules), testRedactor.isSecretField);
}

function compared(legacy: string, candidate: string, rules: Partial<PathRules>): JsonComparison | undefined {
  const pair = read(legacy, candidate, rules);
  return pair && compareJson(pair.legacy, pair.candidate, rulesOf(rules), testRedactor);
}

const someRules: fc.Arbitrary<Partial<PathRules>> = fc.record({
  ignore: fc.subarray(['$.a', '$[0]', '$[*].b', '$.*.a', "$['']"]),
  keyed: fc.constantFrom({}, { $: 'a' }, { '$[*]': 'a' }, { '$.a': 'id', $: 'id' }, { $: { by: ['a', 'b'] } }),
  unordered: fc.subarray(['$.a', '$[*]', '$.*.a']),
  critical: fc.subarray(['$.a', '$[*].id', '$[1]']),
});

test('the parts have the same differences at the same places as the whole', () => {
  let found = 0;
  fc.assert(
    fc.property(meetingTexts, meetingTexts, someRules, (one, other, rules) => {
      const comparison = compared(one, other, rules);
      if (comparison === undefined) return;
      found += 1;
      expect(comparison).toEqual(compareTexts(one, other, rules));
    }),
    { numRuns: 20_000 },
  );
  expect(found).toBeGreaterThan(5_000);
});

test('a change that is planted in a large value is found in its parts as in the whole', () => {
  fc.assert(
    fc.property(jsonValues, planting, someRules, (value, how, rules) => {
      const planted = plant(value, how, String);
      fc.pre(planted !== undefined);
      const [one, other] = [JSON.stringify(value), JSON.stringify(planted.value)];
      expect(compared(one, other, rules)).toEqual(compareTexts(one, other, rules));
    }),
    { numRuns: 5_000 },
  );
});

test('whether they are equal is the same with tolerances', () => {
  const tolerance = fc.constantFrom({ '$[*]': 1 }, { '$.a': 0.5, '$[*].a': 0.5 }, { '$[1]': 2 }, { '$[*][*]': 9 });
  fc.assert(
    fc.property(meetingTexts, meetingTexts, someRules, tolerance, (one, other, rules, within) => {
      const comparison = compared(one, other, { ...rules, tolerance: within });
      if (comparison === undefined) return;
      expect(comparison.outcome).toBe(compareTexts(one, other, { ...rules, tolerance: within }).outcome);
    }),
    { numRuns: 20_000 },
  );
});

test('of a long list with one row changed, only that row and what differs in it is made a value', () => {
  const rows = Array.from({ length: 1_000 }, (_, id) => ({ id, name: `row ${id}`, tags: [1, 2, 3] }));
  const changed = rows.with(500, { ...rows[500]!, name: 'another' });
  const pair = read(JSON.stringify({ rows, page: 1 }), JSON.stringify({ page: 1, rows: changed }))!;
  // The whole, the row and its name.
  expect(valuesIn(pair.legacy)).toBe(3);
  expect(valuesIn(pair.candidate)).toBe(3);
});

function valuesIn(value: JsonValue): number {
  if (value === sameInBoth) return 0;
  if (isArray(value)) return value.reduce((sum, each) => sum + valuesIn(each), 0);
  return isObject(value) ? 1 + [...value.values()].reduce((sum, each) => sum + valuesIn(each), 0) : 1;
}

test('nothing is read by shapes of objects that are forgotten while it is compared', () => {
  const [one, other] = ['{"id":1,"name":"a","rows":[{"sku":1}]}', '{"rows":[{"sku":2}],"name":"a","id":1}'];
  // More keys than there is room for, behind those that are known then.
  const many = Array.from({ length: 3_000 }, (_, n) => `{"key ${n}":1}`);
  read(`[${[one, other, ...many].join(',')}]`, `[${other}]`);
  expect(compared(one, other, {})).toEqual(compareTexts(one, other));
});
