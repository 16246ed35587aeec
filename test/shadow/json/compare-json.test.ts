import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Difference } from '../../../src/kernel/verdict.ts';
import { compareJson } from '../../../shadow/json/compare-json.ts';
import { digestJson } from '../../../shadow/json/digest-json.ts';
import { maxDifferences } from '../../../shadow/json/list-differences.ts';

import { fromText, json, jsonValues, keys, objectOf, rulesOf, testRedactor, type PathRules } from '../arbitraries.ts';

interface Found {
  readonly differences: readonly Difference[];
  readonly truncated: boolean;
}

function diff(legacy: unknown, candidate: unknown, rules: Partial<PathRules> = {}): Found {
  return diffTexts(JSON.stringify(legacy), JSON.stringify(candidate), rules);
}

function diffTexts(legacy: string, candidate: string, rules: Partial<PathRules> = {}): Found {
  const compared = compareJson(fromText(legacy), fromText(candidate), rulesOf(rules), testRedactor);
  if (compared.outcome === 'undetermined') throw new Error(compared.reason);
  return compared.outcome === 'equal' ? { differences: [], truncated: false } : compared;
}

const paths = ({ differences }: Found): string[] => differences.map(({ kind, at }) => `${kind} ${at}`);

const digestOf = (value: unknown, rules = rulesOf()): string => digestJson(json(value), rules).toString('hex');

/** The same value with the keys of every object in another order. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== 'object' || value === null) return value;
  return objectOf(
    Object.entries(value)
      .map(([key, entry]) => [key, reordered(entry)] as const)
      .toReversed(),
  );
}

/** Every place in a value: the steps that lead there. */
function placesOf(value: unknown, place: readonly (string | number)[] = []): (string | number)[][] {
  const below = Array.isArray(value)
    ? value.flatMap((entry, index) => placesOf(entry, [...place, index]))
    : typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, entry]) => placesOf(entry, [...place, key]))
      : [];
  return [[...place], ...below];
}

function replacedAt(value: unknown, place: readonly (string | number)[], replacement: unknown): unknown {
  const [step, ...rest] = place;
  if (step === undefined) return replacement;
  if (Array.isArray(value)) return value.map((entry, i) => (i === step ? replacedAt(entry, rest, replacement) : entry));
  if (typeof value !== 'object' || value === null) throw new Error('no such place');
  return objectOf(
    Object.entries(value).map(([key, entry]) => [key, key === step ? replacedAt(entry, rest, replacement) : entry]),
  );
}

test('equal values never differ, in whatever order their keys stand', () => {
  fc.assert(
    fc.property(jsonValues, (value) => {
      expect(diff(value, value).differences).toEqual([]);
      expect(diff(value, reordered(value)).differences).toEqual([]);
      expect(digestOf(value)).toBe(digestOf(reordered(value)));
    }),
  );
});

test('a single planted change is always found, at its place, and it alone', () => {
  fc.assert(
    fc.property(jsonValues, jsonValues, fc.nat(), (value, replacement, pick) => {
      const places = placesOf(value);
      const place = places[pick % places.length]!;
      const changed = replacedAt(value, place, replacement);
      const isSame = digestOf(value) === digestOf(changed);
      const found = diff(value, changed).differences;
      expect(found.length === 0).toBe(isSame);
      // What legacy has too many may stand at the same position as what the candidate has, elsewhere in the list.
      const names = new Set(found.map(({ kind, at }) => `${kind} ${at}`));
      expect(names.size).toBe(found.length);
      const isOnePlace = typeof replacement !== 'object' || replacement === null;
      expect(!isSame && isOnePlace ? found.length : 1).toBe(1);
    }),
    { numRuns: 500 },
  );
});

test('a key that only one side has is found, whatever its name', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(keys, jsonValues), { selector: ([key]) => key }), keys, (entries, key) => {
      const without = objectOf(entries.filter(([name]) => name !== key));
      const withKey = objectOf([...Object.entries(without), [key, null]]);
      expect(diff(withKey, without).differences).toMatchObject([
        { kind: 'missing', legacy: 'null', candidate: undefined },
      ]);
      expect(diff(without, withKey).differences).toMatchObject([
        { kind: 'extra', legacy: undefined, candidate: 'null' },
      ]);
    }),
  );
});

test('elements with a unique key are equal in any order, and a change among them is found', () => {
  const rows = fc.uniqueArray(fc.record({ id: fc.integer(), value: jsonValues }), {
    selector: ({ id }) => id,
    maxLength: 8,
  });
  const shuffledRows = rows.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  );
  fc.assert(
    fc.property(shuffledRows, ([list, shuffled]) => {
      const rules = { keyed: { '$.rows': 'id' } };
      expect(diff({ rows: list }, { rows: shuffled }, rules).differences).toEqual([]);
      const changed = shuffled.map((row, i) => (i === 0 ? { ...row, more: true } : row));
      expect(diff({ rows: list }, { rows: changed }, rules).differences).toHaveLength(list.length === 0 ? 0 : 1);
    }),
  );
});

test('elements whose key is missing or repeated are compared as a multiset', () => {
  const rules = { keyed: { $: 'id' } };
  const element = fc.oneof(fc.record({ id: fc.constantFrom(1, 2, null), n: fc.nat(3) }), fc.nat(2));
  const shuffled = fc
    .array(element, { maxLength: 8 })
    .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
  fc.assert(
    fc.property(shuffled, ([list, other]) => {
      expect(diff(list, other, rules).differences).toEqual([]);
    }),
  );
  const twice = [
    { id: 1, n: 1 },
    { id: 1, n: 1 },
  ];
  expect(paths(diff(twice, [{ id: 1, n: 1 }], rules))).toEqual(['missing $[1]']);
  expect(
    paths(
      diff(
        twice,
        [
          { id: 1, n: 2 },
          { id: 1, n: 1 },
        ],
        rules,
      ),
    ),
  ).toEqual(['value $[1].n']);
  expect(paths(diff([{ id: 1 }], [{ id: '1' }], rules))).toEqual(['missing $[0]', 'extra $[0]']);
});

test('elements are matched within a tolerance where no key tells them apart', () => {
  const rules = { keyed: { $: 'id' }, tolerance: { '$[*].n': 0.5 } };
  expect(diff([{ n: 1 }, { n: 5 }], [{ n: 5.2 }, { n: 1.3 }], rules).differences).toEqual([]);
});

test('without a key, elements that one side lacks are found where they are lacking', () => {
  expect(paths(diff([1, 2, 3], [1, 3]))).toEqual(['missing $[1]']);
  expect(paths(diff([1, 3], [1, 2, 3]))).toEqual(['extra $[1]']);
  expect(paths(diff([], [[]]))).toEqual(['extra $[0]']);
});

test('types never pass for each other', () => {
  for (const [a, b] of [
    [1, '1'],
    [null, 0],
    [[], {}],
    ['', null],
    [false, 0],
    [{}, null],
    ['null', null],
  ]) {
    expect(paths(diff({ x: a }, { x: b }))).toEqual(['type $.x']);
    expect(paths(diff(a, b))).toEqual(['type $']);
  }
  expect(paths(diff({ x: 1 }, { x: { y: 1 } }))).toEqual(['type $.x']);
});

test('digits that a double would lose are compared', () => {
  expect(diffTexts('{"id":9007199254740993}', '{"id":9007199254740992}').differences).toMatchObject([
    { kind: 'value', legacy: '9007199254740993', candidate: '9007199254740992' },
  ]);
  expect(diffTexts('[1.0,1e1]', '[1,10]').differences).toEqual([]);
  expect(diffTexts('[-0]', '[0]').differences).toHaveLength(1);
});

test('ignored places are not compared, present or not', () => {
  const rules = { ignore: ['$.at', '$.rows[*].at'] };
  expect(diff({ at: 1, rows: [{ at: 1, x: 1 }] }, { rows: [{ at: 'later', x: 1 }] }, rules).differences).toEqual([]);
  expect(paths(diff({ rows: [{ at: 1, x: 1 }] }, { rows: [{ at: 2, x: 2 }] }, rules))).toEqual(['value $.rows[0].x']);
});

test('a tolerance covers numbers and texts of numbers, not a change of type', () => {
  const rules = { tolerance: { '$.total': 0.005 } };
  expect(diff({ total: 9.99 }, { total: 9.994 }, rules).differences).toEqual([]);
  expect(diff({ total: '9.99' }, { total: '9.995' }, rules).differences).toEqual([]);
  expect(diff({ total: '9.99' }, { total: '9.996' }, rules).differences).toHaveLength(1);
  expect(paths(diff({ total: '9.99' }, { total: 9.99 }, rules))).toEqual(['type $.total']);
});

test('jitter within a tolerance gives at most two digests', () => {
  const rules = rulesOf({ tolerance: { $: 0.01 } });
  fc.assert(
    fc.property(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.array(fc.double({ min: 0, max: 0.01, noNaN: true })),
      (base, jitter) => {
        const texts = new Set(jitter.map((by) => digestOf(base + by, rules)));
        expect(texts.size).toBeLessThanOrEqual(2);
      },
    ),
  );
});

test('the digest is the same for keyed arrays in any order, at any depth, and no other change leaves it as it was', () => {
  const rules = rulesOf({ keyed: { $: 'id', '$[*].lines': 'n' } });
  const rows = [
    { id: 1, lines: [{ n: 1 }, { n: 2 }] },
    { id: 2, lines: [] },
  ];
  const other = [rows[1], { id: 1, lines: [{ n: 2 }, { n: 1 }] }];
  expect(digestOf(other, rules)).toBe(digestOf(rows, rules));
  const moved = [
    { id: 1, lines: [{ n: 1 }] },
    { id: 2, lines: [{ n: 2 }] },
  ];
  expect(digestOf(moved, rules)).not.toBe(digestOf(rows, rules));
  expect(digestOf([[1], [2]])).not.toBe(digestOf([[1, 2], []]));
});

test('a thousand differences are counted out, and a critical one among them is not lost', () => {
  const legacy = { rows: Array.from({ length: 5_000 }, (_, i) => i), balance: 1 };
  const candidate = { rows: legacy.rows.map((i) => -i - 1), balance: 2 };
  const found = diff(legacy, candidate, { critical: ['$.balance'] });
  expect(found.truncated).toBe(true);
  expect(found.differences).toHaveLength(maxDifferences);
  expect(found.differences[0]).toMatchObject({ at: '$.balance', critical: true });
});

test('the object that holds a critical place is critical when it is missing', () => {
  const rules = { critical: ['$.account.balance'] };
  expect(diff({ account: { balance: 1 } }, {}, rules).differences).toMatchObject([{ at: '$.account', critical: true }]);
  expect(diff({ account: { name: 'a' } }, { account: {} }, rules).differences).toMatchObject([{ critical: false }]);
});

test('personal values are shown as hashes that keep equality visible, also inside what is missing', () => {
  const rules = { redact: ['$.customer.name'] };
  const [value] = diff({ customer: { name: 'Ada' } }, { customer: { name: 'Eve' } }, rules).differences;
  expect(value?.legacy).toMatch(/^"<redacted:[0-9a-f]{12}>"$/);
  expect(value?.legacy).not.toBe(value?.candidate);
  const [missing] = diff({ customer: { name: 'Ada', to: 'ada@example.org' } }, {}, rules).differences;
  expect(missing?.legacy).not.toMatch(/Ada|ada@/);
  expect(missing?.legacy).toContain(value?.legacy);
  const [asKey] = diff({ 'ada@example.org': 1 }, {}).differences;
  expect(JSON.stringify(asKey)).not.toContain('ada@');
});

test('a long value is shown shortened', () => {
  const [found] = diff({ x: 'a'.repeat(100_000) }, { x: Array.from({ length: 9_999 }, () => 'bcdefg') }).differences;
  expect(found?.legacy?.length).toBe(200);
  expect(found?.candidate?.length).toBe(200);
});
