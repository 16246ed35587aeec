import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseExactJson } from '../../../../src/sync/kafka/debezium/exact-json.ts';

test('integers that a double cannot hold keep their digits, in strings they stay what they are', () => {
  const text = String.raw`{"a":-9223372036854775808,"b":[9007199254740993,1],"c":"\"9223372036854775807, 1","d\\":123456789012345,"e":1.2345678901234567E300}`;
  expect(parseExactJson(text)).toEqual({
    a: '-9223372036854775808',
    b: ['9007199254740993', 1],
    c: '"9223372036854775807, 1',
    'd\\': 123456789012345,
    e: 1.2345678901234567e300,
  });
});

test('everything but long integers is read as JSON.parse reads it', () => {
  const long = fc.bigInt({ min: 10n ** 15n, max: 10n ** 30n });
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), long, (value, integer) => {
      const plain = JSON.parse(JSON.stringify(value)) as unknown;
      const read = parseExactJson(`[${integer}, ${JSON.stringify(value)}, "${integer}"]`) as unknown[];
      expect([read[0], read[2]]).toEqual([String(integer), String(integer)]);
      expect(JSON.stringify(read[1])).toBe(JSON.stringify(withLongAsText(plain)));
    }),
  );
});

test('what is no JSON is refused with its beginning', () => {
  expect(() => parseExactJson('Struct{id=1}')).toThrow(expect.objectContaining({ code: 'FIG_DEBEZIUM_MESSAGE' }));
});

function withLongAsText(value: unknown): unknown {
  if (typeof value === 'number') return /^-?\d{16,}$/.test(JSON.stringify(value)) ? JSON.stringify(value) : value;
  if (Array.isArray(value)) return value.map(withLongAsText);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withLongAsText(each)]));
  }
  return value;
}
