import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { PlainEquality } from '../../../shadow/json/plain-equality.ts';
import { maxJsonDepth, parseJson } from '../../../shadow/json/parse-json.ts';
import { ObjectShapes } from '../../../shadow/json/object-shapes.ts';
import { TokenTape } from '../../../shadow/json/token-tape.ts';
import { compareTexts, jsonValues, rulesOf, type PathRules } from '../arbitraries.ts';
import { isObject } from './mutations.ts';
import { meetingTexts } from './texts.ts';

const equality = new PlainEquality();

function holds(legacy: string, candidate: string, rules: Partial<PathRules> = {}): boolean {
  return equality.holds(Buffer.from(legacy), Buffer.from(candidate), rulesOf(rules));
}

const text = (value: unknown): string => JSON.stringify(value);

const someRules: fc.Arbitrary<Partial<PathRules>> = fc.record({
  ignore: fc.subarray(['$.a', '$[0]', '$[*].b', '$.*.a', "$['']"]),
  keyed: fc.constantFrom({}, { $: 'a' }, { '$[*]': 'a' }, { '$.a': 'id', $: 'id' }, { $: { by: ['a', 'b'] } }),
  unordered: fc.subarray(['$.a', '$[*]', '$.*.a']),
  tolerance: fc.constantFrom({}, { '$[*]': 1 }, { '$.a': 0.5, '$[*].a': 0.5 }, { '$[1]': 2 }),
});

test('what it says is equal is JSON, and equal to whoever reads all of it', () => {
  let agreed = 0;
  fc.assert(
    fc.property(meetingTexts, meetingTexts, someRules, (one, other, rules) => {
      if (!holds(one, other, rules)) return;
      agreed += 1;
      expect([parseJson(one).ok, parseJson(other).ok]).toEqual([true, true]);
      expect(compareTexts(one, other, rules)).toEqual({ outcome: 'equal' });
    }),
    { numRuns: 30_000 },
  );
  expect(agreed).toBeGreaterThan(500);
});

/** The same value in another order of keys, with other white space, numbers and escapes. */
function respelled(value: unknown, order: (keys: string[]) => string[]): string {
  if (typeof value === 'number') return value.toExponential().replace('-0e', '0e');
  if (typeof value === 'string')
    return text(value)
      .replaceAll('/', String.raw`\/`)
      .replaceAll('a', String.raw`\u0061`);
  if (Array.isArray(value)) return `[ ${value.map((each) => respelled(each, order)).join(' ,')}]`;
  if (!isObject(value)) return text(value);
  const members = new Map(Object.entries(value));
  const written = order([...members.keys()]).map((key) => `${text(key)}\t:${respelled(members.get(key), order)}`);
  return `{${written.join(',\n')} }`;
}

test.each([
  ['the same', (keys: string[]) => keys],
  ['the opposite', (keys: string[]) => keys.toReversed()],
  ['the alphabetical', (keys: string[]) => keys.toSorted()],
])('values with their keys in %s order are found equal, however they are written', (_, order) => {
  fc.assert(
    fc.property(jsonValues, (value) => {
      const [one, other] = [text(value), respelled(value, order)];
      // A key with an escape may be the same as another, which is left to who reads all of it.
      fc.pre(!one.includes('\\'));
      expect(holds(one, other)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

const ids = fc.oneof(
  { weight: 20, arbitrary: fc.nat(1_000) },
  fc.constantFrom('', '1', 'a"b', 'é', 'x/y', '\\', '__proto__'),
  fc.constantFrom(null, true, 1.5, -1),
);
const keyedRows = fc.array(fc.record({ id: ids, a: jsonValues, b: fc.constantFrom(0, 'x', [1]) }), { maxLength: 12 });

test('rows that are found by their key are equal to whoever reads all of it', () => {
  const shuffled = keyedRows.chain((rows) =>
    fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })),
  );
  const rules = fc.record({
    keyed: fc.constant({ $: 'id' }),
    ignore: fc.subarray(['$[*].b', '$[*].id', '$[*]']),
    tolerance: fc.constantFrom({}, { '$[*].id': 1 }),
  });
  let found = 0;
  fc.assert(
    fc.property(shuffled, rules, fc.boolean(), ([rows, other], within, isChanged) => {
      const written = other.map((row, at) => (isChanged && at === 1 ? { ...row, id: 3 } : row));
      const one = text(rows);
      const two = text(written.map(({ id, a, b }) => ({ b, a, id })));
      if (!holds(one, two, within)) return;
      found += 1;
      expect(compareTexts(one, two, within)).toEqual({ outcome: 'equal' });
    }),
    { numRuns: 5_000 },
  );
  expect(found).toBeGreaterThan(200);
});

test('rows are found by texts and whole numbers as keys, in any order, and one that is another is not', () => {
  const rows = Array.from({ length: 300 }, (_, n) => ({ id: n % 2 === 0 ? n : `no ${n}`, a: [n], b: { id: 1 } }));
  const other = rows.toReversed().map(({ id, a, b }) => ({ b, a, id }));
  const rules = { keyed: { $: 'id' } };
  expect(holds(text(rows), text(other), rules)).toBe(true);
  expect(holds(text(rows), text(other.with(7, { ...other[7]!, id: 1_000 })), rules)).toBe(false);
  expect(holds(text(rows), text(other.with(7, other[8]!)), rules)).toBe(false);
  expect(holds(text(rows), text(other), { ...rules, ignore: ['$[*].id'] })).toBe(false);
});

test('a single byte that is changed, taken out or put in is never passed over', () => {
  const change = fc.record({
    at: fc.nat(),
    byte: fc.constantFrom(...Buffer.from('"\\,:{}[]0129.eE-+ tnu\n\0é')),
    how: fc.constantFrom(0, 1, 2),
  });
  fc.assert(
    fc.property(jsonValues, change, (value, { at, byte, how }) => {
      const whole = Buffer.from(text(value));
      const place = at % whole.length;
      const tail = whole.subarray(place + (how === 2 ? 0 : 1));
      const other = Buffer.concat([whole.subarray(0, place), Buffer.from(how === 1 ? [] : [byte]), tail]);
      const isFound = equality.holds(whole, other, rulesOf());
      const parsed = parseJson(other.toString());
      const isValid = Buffer.from(other.toString()).equals(other) && parsed.ok;
      expect(isFound && !(isValid && compareTexts(whole.toString(), other.toString()).outcome === 'equal')).toBe(false);
      expect(new TokenTape(new ObjectShapes()).read(other)).toBe(isValid);
    }),
    { numRuns: 20_000 },
  );
});

test.each([
  ['an ignored value', '{"a":1,"b":2}', '{"b":2,"a":{"x":[3]}}', { ignore: ['$.a'] }, true],
  ['an ignored value that only one side has', '{"b":2,"a":1}', '{"b":2}', { ignore: ['$.a'] }, true],
  [
    'an ignored value that only the other side has',
    '{"b":2}',
    '{"z":[{}],"b":2,"a":1}',
    { ignore: ['$.a', '$.z'] },
    true,
  ],
  ['an ignored value that is no JSON', '{"a":1,"b":2}', '{"a":01,"b":2}', { ignore: ['$.a'] }, false],
  ['another value that only one side has', '{"b":2,"a":1}', '{"b":2}', { ignore: ['$.b'] }, false],
  [
    'rows by their key',
    '[{"id":1,"v":"x"},{"id":2,"v":"y"}]',
    '[{"v":"y","id":2},{"v":"x","id":1}]',
    { keyed: { $: 'id' } },
    true,
  ],
  [
    'rows by their key, one of them twice',
    '[{"id":1},{"id":1}]',
    '[{"id":1}, {"id":1}]',
    { keyed: { $: 'id' } },
    false,
  ],
  ['rows by their key, one too few', '[{"id":1},{"id":2}]', '[{"id":1}]', { keyed: { $: 'id' } }, false],
  ['rows by their key, one too many', '[{"id":1}]', '[{"id":1},{"id":2}]', { keyed: { $: 'id' } }, false],
  ['a number and a text as keys', '[{"id":1}]', '[{"id":"1"}]', { keyed: { $: 'id' } }, false],
  ['a repeated key in another order', '{"x":0,"a":1,"a":2}', '{"a":2,"x":0,"a":1}', {}, false],
  ['a repeated key in the same order', '{"a":1,"a":2}', '{"a":1, "a":2}', {}, true],
  ['a longer number with the same beginning', '[1]', '[12]', {}, false],
  ['a longer text with the same beginning', '["a"]', '["ab"]', {}, false],
  ['a text that ends in an escaped quote', '["a"]', String.raw`["a\"]`, {}, false],
])('%s', (_, one, other, rules, expected) => {
  expect(holds(one, other, rules)).toBe(expected);
});

test('objects of many keys are followed in the same order, and others are left to who reads all of it', () => {
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`key ${n}`, n]));
  expect(holds(text(many), ` ${text(many)}`)).toBe(true);
  expect(holds(text(many), text(Object.fromEntries(Object.entries(many).toReversed())))).toBe(false);
});

const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

test('bodies as deep as are read at all are followed without running out of stack', () => {
  expect(holds(deep(maxJsonDepth), ` ${deep(maxJsonDepth)}`)).toBe(true);
  expect(holds(deep(maxJsonDepth + 2), ` ${deep(maxJsonDepth + 2)}`)).toBe(false);
});

test('nothing of one comparison is left for the next', () => {
  expect(holds('{"a":[1,2,3]}', '{"a":[1,2,4]}')).toBe(false);
  expect(holds('[{"b":1,"a":2}]', '[{"a":2,"b":1}]')).toBe(true);
  expect(holds('{"a":', '{"a":')).toBe(false);
  expect(holds('0', ' 0')).toBe(true);
});
