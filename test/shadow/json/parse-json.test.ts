import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonNumber } from '../../../shadow/json/json-number.ts';
import { isArray, isObject, Repeated, type JsonValue } from '../../../shadow/json/json-value.ts';
import { maxJsonDepth, maxJsonValues, parseJson, type ParsedJson } from '../../../shadow/json/parse-json.ts';
import { jsonValues } from '../arbitraries.ts';

/** As the built-in parser gives it: of a repeated key the last value. */
function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.lexeme);
  if (value instanceof Repeated) return plain(value.values.at(-1)!);
  if (isArray(value)) return value.map(plain);
  if (isObject(value)) return Object.fromEntries([...value].map(([key, entry]) => [key, plain(entry)]));
  return value;
}

function readByBuiltIn(text: string): ParsedJson {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false, fault: 'not-json' };
  }
}

function expectAgreement(text: string): void {
  const parsed = parseJson(text);
  const ours = parsed.ok ? { ok: true, value: plain(parsed.value) } : parsed;
  // What a matcher takes for equal depends on keys such as `constructor`.
  expect(isDeepStrictEqual(ours, readByBuiltIn(text))).toBe(true);
}

test('every JSON text is read as the built-in parser reads it', () => {
  fc.assert(
    fc.property(jsonValues, fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
      expectAgreement(JSON.stringify(value, undefined, indent));
    }),
    { numRuns: 500 },
  );
});

test('the built-in parser and this one accept and refuse the same texts', () => {
  const alphabet = Array.from('{}[]",:0123.1e+-tn\\u/ \n\t\r\f\u0000\uFEFF\u00A0\u2028');
  const words = ['true', 'false', 'null', '"', '\\u00', 'dead', '-0', '1e5', '{"a":', '[]', '{}'];
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...alphabet, ...words), maxLength: 12 }), expectAgreement), {
    numRuns: 5_000,
  });
});

test('a text with a piece cut out, put in or changed is accepted and refused by both', () => {
  fc.assert(
    fc.property(
      jsonValues,
      fc.nat(),
      fc.nat(3),
      fc.string({ unit: fc.constantFrom(...Array.from('{}[]",:0-.eE\\utn\u001F ')), maxLength: 3 }),
      (value, at, cut, inserted) => {
        const text = JSON.stringify(value);
        const from = at % (text.length + 1);
        expectAgreement(text.slice(0, from) + inserted + text.slice(from + cut));
      },
    ),
    { numRuns: 3_000 },
  );
});

test.each([
  '[1,]',
  '{"a":1,}',
  '[,1]',
  '[01]',
  '[-01]',
  '[+1]',
  '[.5]',
  '[1.]',
  '[1e]',
  '[1e+]',
  '[-]',
  '[NaN]',
  '[Infinity]',
  '["\u001F"]',
  '["a\nb"]',
  String.raw`["\x41"]`,
  String.raw`["\u12g4"]`,
  String.raw`["\u+123"]`,
  '["open',
  "['a']",
  '{a:1}',
  '{"a"}',
  '{"a":}',
  '{1:2}',
  '[1 2]',
  '[]]',
  '[}',
  '{]',
  '1 2',
  '',
  ' ',
  'nul',
  'truefalse',
  '/* */ 1',
  '\uFEFF1',
])('%j is not JSON', (text) => {
  expect(parseJson(text)).toEqual({ ok: false, fault: 'not-json' });
  expectAgreement(text);
});

test('half of a surrogate pair is kept as it is', () => {
  expect(parseJson(String.raw`"\ud800"`)).toEqual({ ok: true, value: '\uD800' });
  expect(parseJson(String.raw`"\uD83D\ude00"`)).toEqual({ ok: true, value: '😀' });
});

test('every digit of a number is kept', () => {
  const parsed = parseJson('[9007199254740993,1.0,-0,1E400,0.10]');
  expect(parsed.ok && isArray(parsed.value) && parsed.value.map((value) => (value as JsonNumber).lexeme)).toEqual([
    '9007199254740993',
    '1.0',
    '-0',
    '1E400',
    '0.10',
  ]);
});

test.each([
  ['{"a":1,"a":2}', 'a', 2],
  ['{"a":1,"a":1}', 'a', 2],
  ['{"a":{},"b":0,"a":[],"a":null}', 'a', 3],
  ['{"__proto__":1,"__proto__":2}', '__proto__', 2],
  [String.raw`{"a":1,"\u0061":2}`, 'a', 2],
])('of %s every value of the repeated key is kept, in order', (text, key, count) => {
  const parsed = parseJson(text);
  const value = parsed.ok && isObject(parsed.value) ? parsed.value.get(key) : undefined;
  expect(value).toBeInstanceOf(Repeated);
  expect(value instanceof Repeated && value.values).toHaveLength(count);
});

test('keys with a meaning in JavaScript are ordinary keys', () => {
  const parsed = parseJson('{"__proto__":{"a":1},"constructor":2,"hasOwnProperty":3,"":4}');
  expect(parsed.ok && isObject(parsed.value) && [...parsed.value.keys()]).toEqual([
    '__proto__',
    'constructor',
    'hasOwnProperty',
    '',
  ]);
});

function nested(depth: number, open = '[', inner = '', close = ']'): string {
  return open.repeat(depth) + inner + close.repeat(depth);
}

test('nesting is read to its limit without overflowing, and beyond it is a fault', () => {
  expect(parseJson(nested(maxJsonDepth)).ok).toBe(true);
  expect(parseJson(nested(maxJsonDepth, '{"a":', '1', '}')).ok).toBe(true);
  expect(parseJson(nested(maxJsonDepth + 1))).toEqual({ ok: false, fault: 'too-deep' });
  expect(parseJson(nested(1_000_000))).toEqual({ ok: false, fault: 'too-deep' });
  expect(parseJson(nested(1_000_000, '{"a":', '1', '}'))).toEqual({ ok: false, fault: 'too-deep' });
});

test('what is not JSON is told from what is too much of it', () => {
  expect(parseJson('['.repeat(200_000))).toEqual({ ok: false, fault: 'not-json' });
  expect(parseJson(`${nested(20_000)},`)).toEqual({ ok: false, fault: 'not-json' });
  expect(parseJson(`[${'0,'.repeat(maxJsonValues)}0]`)).toEqual({ ok: false, fault: 'too-complex' });
  expect(parseJson(`[${'0,'.repeat(maxJsonValues)}]`)).toEqual({ ok: false, fault: 'not-json' });
});

test('a key that is repeated without end is read in linear time', () => {
  const members = '"a":1,'.repeat(200_000);
  const parsed = parseJson(`{${members}"a":2}`);
  const value = parsed.ok && isObject(parsed.value) ? parsed.value.get('a') : undefined;
  expect(value instanceof Repeated && value.values).toHaveLength(200_001);
});
