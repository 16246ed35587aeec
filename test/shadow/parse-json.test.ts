import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonNumber } from '../../shadow/json-number.ts';
import { isArray, isObject, maxJsonDepth, maxJsonValues, parseJson, type JsonValue } from '../../shadow/parse-json.ts';
import { jsonValues } from './arbitraries.ts';

function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.lexeme);
  if (isArray(value)) return value.map(plain);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
  return value;
}

test('every JSON text is read as the built-in parser reads it', () => {
  fc.assert(
    fc.property(jsonValues, fc.constantFrom(undefined, 2), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      const parsed = parseJson(text);
      expect(parsed.ok && JSON.stringify(plain(parsed.value))).toBe(JSON.stringify(JSON.parse(text)));
    }),
  );
});

test('what the built-in parser refuses is not JSON here either', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from('{}[]",:0.1e-tn\\u \n')) }), (text) => {
      let isValid = true;
      try {
        JSON.parse(text);
      } catch {
        isValid = false;
      }
      const parsed = parseJson(text);
      const refused = !parsed.ok && parsed.fault === 'not-json';
      expect(refused).toBe(!isValid);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  '{"a":1,"a":2}',
  '{"a":1,"a":1}',
  '{"a":{},"a":[]}',
  '[{"x":{"__proto__":1,"__proto__":2}}]',
  '{"a":1,"\\u0061":2}',
])('a repeated key is never merged in silence: %s', (text) => {
  expect(parseJson(text)).toEqual({ ok: false, fault: 'duplicate-keys' });
});

test('keys with a meaning in JavaScript are ordinary own keys', () => {
  const parsed = parseJson('{"__proto__":{"a":1},"constructor":2,"hasOwnProperty":3}');
  expect(parsed.ok && isObject(parsed.value) && Object.keys(parsed.value)).toEqual([
    '__proto__',
    'constructor',
    'hasOwnProperty',
  ]);
});

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

test('nesting and size that cannot be walked safely are faults, not crashes', () => {
  expect(parseJson(nested(maxJsonDepth)).ok).toBe(true);
  expect(parseJson(nested(maxJsonDepth + 1))).toEqual({ ok: false, fault: 'too-deep' });
  expect(parseJson(nested(200_000))).toEqual({ ok: false, fault: 'too-deep' });
  expect(parseJson('['.repeat(200_000))).toEqual({ ok: false, fault: 'not-json' });
  expect(parseJson(`[${'0,'.repeat(maxJsonValues)}0]`)).toEqual({ ok: false, fault: 'too-complex' });
});
