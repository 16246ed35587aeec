import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AnswerComparer } from '../../../shadow/compare-answers.ts';
import { placeText } from '../../../shadow/json-path.ts';
import { digestJson } from '../../../shadow/json/digest-json.ts';
import { findHidden } from '../../../shadow/json/find-hidden.ts';
import { isEqual } from '../../../shadow/json/is-equal.ts';
import { SubtreeIds } from '../../../shadow/json/subtree-ids.ts';
import { WorkBudget } from '../../../shadow/json/work-budget.ts';
import type { HttpAnswer } from '../../../src/kernel/exchange.ts';
import {
  compareTexts,
  json,
  jsonValues,
  namesOf,
  noCompareRules,
  objectOf,
  rulesOf,
  testRedactor,
  type PathRules,
} from '../arbitraries.ts';
import { plant, planting } from './mutations.ts';

type Rules = Partial<PathRules>;

const text = (value: unknown): string => JSON.stringify(value);
const asReported = (place: readonly (string | number)[]): string => placeText(place, testRedactor.text);

/** Small values of few kinds, many of which are the same under some rule. */
const meeting: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(0, 1, 1.4, 100, 100.9, '1', '1.0', '', 'a', 'A', null, true),
    fc.constantFrom('2026-01-01T10:00:00Z', '2026-01-01T11:00:00+01:00', '2026-01-01T10:00:01Z', '2026-01-01 10:00:00'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'id', '__proto__'), tie('value')), {
        maxLength: 3,
        selector: ([key]) => key,
      })
      .map(objectOf),
  ),
})).value;

/** Of these two values that are the same to a third one are the same. */
const exactRules: Record<string, Rules> = {
  unordered: { unordered: ['$', '$.a', '$[*]'] },
  'composite keys': { keyed: { $: { by: ['a', 'id'] }, '$.a': { by: ['id', 'b'] } } },
  decimals: { format: { '$[*]': 'decimal', '$.a': 'decimal', '$.*.a': 'decimal' } },
  timestamps: { format: { '$[*]': 'timestamp', '$.a': 'timestamp' } },
  case: { tolerance: { '$[*]': { case: true }, '$.a': { case: true } } },
  'formats of what has no order': { unordered: ['$', '$.a'], format: { '$[*]': 'decimal', '$.a[*]': 'timestamp' } },
  'keys with a format': { keyed: { $: 'id', '$.a': 'id' }, format: { '$[*].id': 'decimal', '$.a[*].id': 'timestamp' } },
  'what is not compared': { ignore: ['$.a', '$[*].b', '$.*.id'] },
};

const inexactRules: Record<string, Rules> = {
  shares: { tolerance: { '$[*]': { relative: 0.01 }, '$.a': { relative: 0.01 } } },
  times: { tolerance: { '$[*]': { time: '1s' }, '$.a': { time: '1s' } } },
  'amounts of what has no order': { unordered: ['$', '$.a'], tolerance: { '$[*]': 0.5, '$.a[*]': 0.5 } },
  'numbers in texts, about': {
    format: { '$[*]': 'decimal', '$.a': 'decimal' },
    tolerance: { '$[*]': 0.5, '$.a': 0.5 },
  },
  'all at once': {
    ignore: ['$.b'],
    unordered: ['$'],
    tolerance: { '$[*]': { absolute: 0.5, relative: 0.01, time: '1s', case: true } },
    format: { '$[*]': 'timestamp' },
  },
};

const anyRules = { ...exactRules, ...inexactRules };

describe.each(Object.entries(anyRules))('%s', (_, rules) => {
  test('a value is the same as itself', () => {
    fc.assert(
      fc.property(fc.oneof(meeting, jsonValues), (value) => {
        expect(compareTexts(text(value), ` ${text(value)}`, rules)).toEqual({ outcome: 'equal' });
      }),
      { numRuns: 200 },
    );
  });

  test('whether two values are the same does not depend on who is asked first', () => {
    fc.assert(
      fc.property(meeting, meeting, (one, other) => {
        const found = compareTexts(text(one), text(other), rules).outcome;
        expect(compareTexts(text(other), text(one), rules).outcome).toBe(found);
      }),
      { numRuns: 600 },
    );
  });

  test('a change beside the rules is found, at its place and nowhere else', () => {
    fc.assert(
      fc.property(meeting, jsonValues, planting, (ruled, free, how) => {
        const planted = plant(free, how, (place) => asReported(['free', ...place]));
        fc.pre(planted !== undefined);
        const below = belowRuled(rules);
        const found = compareTexts(text({ ruled, free }), text({ free: planted.value, ruled }), below);
        expect(planted.expected).toContainEqual(namesOf(found));
      }),
      { numRuns: 300 },
    );
  });

  test('two values that are only the same by a rule name one, and two that are the same anyway name none', () => {
    fc.assert(
      fc.property(meeting, meeting, (one, other) => {
        const [a, b] = [json(one), json(other)];
        const compared = rulesOf(rules);
        const isStrictlySame = compareTexts(text(one), text(other)).outcome === 'equal';
        const isSame = compareTexts(text(one), text(other), rules).outcome === 'equal';
        const hidden = findHidden(a, b, compared);
        expect(isStrictlySame && hidden.length > 0).toBe(false);
        expect(isSame && !isStrictlySame && hidden.length === 0).toBe(false);
        expect(isSame && text(findHidden(b, a, compared)) !== text(hidden)).toBe(false);
        expect(isSame && text(findHidden(a, b, compared, { areEqual: true })) !== text(hidden)).toBe(false);
      }),
      { numRuns: 600 },
    );
  });
});

/** The rules with `$.ruled` before every path. */
function belowRuled(rules: Rules): Rules {
  return JSON.parse(JSON.stringify(rules).replaceAll('"$', '"$.ruled')) as Rules;
}

test.each(Object.entries(exactRules))(
  'digests, numbers of subtrees and the comparison agree on what is the same: %s',
  (_, rules) => {
    fc.assert(
      fc.property(meeting, meeting, (one, other) => {
        const compared = rulesOf(rules);
        const [a, b] = [json(one), json(other)];
        const ids = new SubtreeIds(new WorkBudget(1_000_000));
        const isSame = compareTexts(text(one), text(other), rules).outcome === 'equal';
        expect(digestJson(a, compared).equals(digestJson(b, compared))).toBe(isSame);
        expect(ids.of(a, compared) === ids.of(b, compared)).toBe(isSame);
        expect(isEqual(a, b, compared, new WorkBudget(1_000_000), ids)).toBe(isSame);
      }),
      { numRuns: 600 },
    );
  },
);

test('where order means nothing any order is the same, and a change is still found', () => {
  const shuffled = fc
    .array(jsonValues, { minLength: 1, maxLength: 8 })
    .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
  fc.assert(
    fc.property(shuffled, fc.nat(), ([list, other], pick) => {
      const rules = { unordered: ['$'] };
      expect(compareTexts(text(list), text(other), rules)).toEqual({ outcome: 'equal' });
      const changed = other.with(pick % other.length, 'planted by the test');
      expect(compareTexts(text(list), text(changed), rules).outcome).toBe('different');
    }),
    { numRuns: 500 },
  );
});

function answerOf(value: unknown): HttpAnswer {
  return { status: 200, headers: ['Content-Type', 'application/json'], body: Buffer.from(`${text(value)} `) };
}

function comparerOf(map: Record<string, string>): AnswerComparer {
  return new AnswerComparer({ ...noCompareRules, map }, testRedactor);
}

const there = comparerOf({ '$.rows[*].name': '$.rows[*].who.name' });
const back = comparerOf({ '$.rows[*].who.name': '$.rows[*].name' });

test('what was moved is the same there and back, and a change of it is named at its new place', () => {
  const row = fc.record({ id: fc.nat(), name: jsonValues });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 5 }), planting, (rows, how) => {
      const moved = rows.map(({ id, name }) => ({ who: { name }, id }));
      expect(there.compare(answerOf({ rows }), answerOf({ rows: moved }))).toEqual({ outcome: 'equal' });
      expect(back.compare(answerOf({ rows: moved }), answerOf({ rows }))).toEqual({ outcome: 'equal' });
      // Legacy is also compared with itself, from one moment to the next.
      expect(there.compare(answerOf({ rows }), answerOf({ n: 1, rows }))).toMatchObject({
        differences: [{ kind: 'extra', at: '$.n' }],
      });
      expect(there.digest(answerOf({ rows }))).toEqual(there.digest(answerOf({ rows: moved })));
      fc.pre(rows.length > 0);
      const at = how.pick % rows.length;
      const planted = plant(rows[at]!.name, how, (place) => asReported(['rows', at, 'who', 'name', ...place]));
      fc.pre(planted !== undefined);
      const changed = moved.with(at, { ...moved[at]!, who: { name: planted.value } });
      const found = there.compare(answerOf({ rows }), answerOf({ rows: changed }));
      const names =
        found.outcome === 'different' ? found.differences.map(({ kind, at: where }) => `${kind} ${where}`) : [];
      expect(planted.expected).toContainEqual(names);
    }),
    { numRuns: 500 },
  );
});

test('whether two bodies are the same with places that moved does not depend on who is asked first', () => {
  const value = fc.constantFrom(1, 2, null);
  const body = fc.record(
    { name: value, who: fc.oneof(value, fc.record({ name: value, id: value }, { requiredKeys: [] })) },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(body, body, (one, other) => {
      const comparer = comparerOf({ '$.name': '$.who.name' });
      const found = comparer.compare(answerOf(one), answerOf(other)).outcome;
      expect(comparer.compare(answerOf(other), answerOf(one)).outcome).toBe(found);
    }),
    { numRuns: 600 },
  );
});
