import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { placeText } from '../../../shadow/json-path.ts';
import { align } from '../../../shadow/json/align.ts';
import { compareJson } from '../../../shadow/json/compare-json.ts';
import { digestJson } from '../../../shadow/json/digest-json.ts';
import { isEqual } from '../../../shadow/json/is-equal.ts';
import { SubtreeIds } from '../../../shadow/json/subtree-ids.ts';
import { WorkBudget } from '../../../shadow/json/work-budget.ts';
import {
  compareTexts,
  json,
  jsonValues,
  namesOf,
  objectOf,
  rulesOf,
  testRedactor,
  type PathRules,
} from '../arbitraries.ts';
import { isObject, plant, planting } from './mutations.ts';

const someRules: fc.Arbitrary<Partial<PathRules>> = fc.record({
  ignore: fc.subarray(['$.a', '$[0]', '$[*].b', '$.*.a', "$['']"]),
  keyed: fc.constantFrom({}, { $: 'a' }, { '$[*]': 'a' }, { '$.a': 'id', $: 'id' }),
  tolerance: fc.constantFrom({}, { '$[*]': 1 }, { '$.a': 0.5, '$[*].a': 0.5 }, { '$[1]': 2 }),
});

/** Small values of few letters, so that they meet often. */
const meeting: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(0, 1, 2, 0.5, '1', '', null, true),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'id', '', '__proto__'), tie('value')), {
        maxLength: 3,
        selector: ([key]) => key,
      })
      .map(objectOf),
  ),
})).value;

const text = (value: unknown): string => JSON.stringify(value);
const asReported = (place: readonly (string | number)[]): string => placeText(place, testRedactor.text);

/** The same value, all keys in another order and all numbers in another notation. */
function respelled(value: unknown): string {
  if (typeof value === 'number') return value.toExponential().replace('-0e', '0e');
  if (Array.isArray(value)) return `[ ${value.map(respelled).join(' ,')}]`;
  if (!isObject(value)) return text(value);
  const members = Object.entries(value).map(([key, child]) => `${text(key)}\t:${respelled(child)}`);
  return `{${members.toReversed().join(',\n')} }`;
}

test('a value is equal to itself in any spelling, under any rules', () => {
  fc.assert(
    fc.property(fc.oneof(jsonValues, meeting), someRules, (value, rules) => {
      expect(compareTexts(text(value), respelled(value), rules)).toEqual({ outcome: 'equal' });
    }),
    { numRuns: 1_000 },
  );
});

test('whether two values are equal does not depend on who is asked first', () => {
  fc.assert(
    fc.property(meeting, meeting, someRules, (one, other, rules) => {
      const found = compareTexts(text(one), text(other), rules).outcome;
      expect(compareTexts(text(other), text(one), rules).outcome).toBe(found);
    }),
    { numRuns: 5_000 },
  );
});

test('a single change is found, and named by its kind and place and nothing else', () => {
  fc.assert(
    fc.property(fc.oneof(jsonValues, meeting), planting, (value, how) => {
      const planted = plant(value, how, asReported);
      fc.pre(planted !== undefined);
      expect(planted.expected).toContainEqual(namesOf(compareTexts(text(value), respelled(planted.value))));
    }),
    { numRuns: 3_000 },
  );
});

test('elements that are paired by a key are equal in any order, and a change among them is named at its place', () => {
  const rows = fc.uniqueArray(fc.record({ id: fc.nat(50), value: jsonValues }), {
    selector: ({ id }) => id,
    minLength: 1,
    maxLength: 12,
  });
  const shuffled = rows.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }), planting),
  );
  fc.assert(
    fc.property(shuffled, ([list, other, how]) => {
      const rules = { keyed: { $: 'id' } };
      expect(compareTexts(text(list), respelled(other), rules)).toEqual({ outcome: 'equal' });
      const at = how.pick % list.length;
      const { id, value } = list[at]!;
      const planted = plant(value, how, (place) => asReported([at, 'value', ...place]));
      fc.pre(planted !== undefined);
      const changed = other.map((row) => (row.id === id ? { id, value: planted.value } : row));
      expect(planted.expected).toContainEqual(namesOf(compareTexts(text(list), text(changed), rules)));
    }),
    { numRuns: 500 },
  );
});

test('digests, numbers of subtrees and the comparison agree on what is equal where there are no tolerances', () => {
  fc.assert(
    fc.property(meeting, meeting, fc.subarray(['$.a', '$[*].b', '$.*.a']), (one, other, ignore) => {
      const rules = rulesOf({ ignore });
      const [a, b] = [json(one), json(other)];
      const ids = new SubtreeIds(new WorkBudget(1_000_000));
      const isSame = compareJson(a, b, rules, testRedactor).outcome === 'equal';
      expect(digestJson(a, rules).equals(digestJson(b, rules))).toBe(isSame);
      expect(ids.of(a, rules) === ids.of(b, rules)).toBe(isSame);
      expect(isEqual(a, b, rules, new WorkBudget(1_000_000), ids)).toBe(isSame);
    }),
    { numRuns: 3_000 },
  );
});

test('what is equal at a glance is equal when looked at closely', () => {
  fc.assert(
    fc.property(meeting, meeting, someRules, (one, other, given) => {
      const rules = rulesOf(given);
      const [a, b] = [json(one), json(other)];
      const budget = new WorkBudget(1_000_000);
      const ids = new SubtreeIds(budget);
      const isEqualAtAGlance = isEqual(a, b, rules, budget, ids) || ids.of(a, rules) === ids.of(b, rules);
      expect(isEqualAtAGlance && align(a, b, rules, budget).findings.length > 0).toBe(false);
    }),
    { numRuns: 5_000 },
  );
});

test('without the budget for it nothing is said, and never that two values are equal', () => {
  const rows = JSON.stringify(Array.from({ length: 100 }, (_, id) => ({ id, a: [id] })));
  for (const other of [`${rows} `, rows.replace('99', '98')]) {
    const compared = compareJson(json(JSON.parse(rows)), json(JSON.parse(other)), rulesOf(), testRedactor, 250);
    expect(compared).toEqual({ outcome: 'undetermined', reason: 'too-complex' });
  }
});

test('what takes other libraries seconds takes work in proportion to its size', () => {
  const rows = Array.from({ length: 10_000 }, (_, id) => ({ id }));
  const values = 20_001;
  const keyed = rulesOf({ keyed: { $: 'id' } });
  const changed = rows.map(({ id }) => ({ id: -id - 1 }));
  for (const [other, rules] of [
    [rows.slice(1), rulesOf()],
    [rows.toReversed(), rulesOf()],
    [rows.toReversed(), keyed],
    [changed, rulesOf()],
    [changed.toReversed(), keyed],
  ] as const) {
    const compared = compareJson(json(rows), json(other), rules, testRedactor, values * 8);
    expect(compared.outcome).not.toBe('undetermined');
  }
});
