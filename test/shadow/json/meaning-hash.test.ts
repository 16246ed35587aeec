import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { meaningHash } from '../../../shadow/json/meaning-hash.ts';
import { ObjectShapes } from '../../../shadow/json/object-shapes.ts';
import { TokenTape } from '../../../shadow/json/token-tape.ts';
import { compareTexts, fromText } from '../arbitraries.ts';
import { parseJson } from '../../../shadow/json/parse-json.ts';
import { meetingTexts } from './texts.ts';

const tape = new TokenTape(new ObjectShapes());

function hash(text: string): number {
  expect(tape.read(Buffer.from(text))).toBe(true);
  return meaningHash(tape, 0);
}

test.each([
  ['numbers', '[1, 10, 100, -1.50, 1e2, 0.001, 0, -0]', '[1.0, 1e1, 1E+2, -1.5, 100, 1e-3, 0.00, -0e5]'],
  ['escapes', String.raw`{"a":"é/\ud83d\ude00"}`, String.raw`{"\u0061":"\u00e9\/😀"}`],
  ['lone surrogates', String.raw`["\ud800"]`, String.raw`["\uD800"]`],
  ['the order of keys', '{"a":1,"b":{"c":[2],"__proto__":null}}', '{"b":{"__proto__":null,"c":[2]},"a":1}'],
  ['white space', '[true,{}]', ' [ true , { } ] '],
  ['exponents no one computes with', '[1e9999999999999999999]', '[1E9999999999999999999]'],
])('what is the same but for %s has the same hash', (_, one, other) => {
  expect(compareTexts(one, other)).toEqual({ outcome: 'equal' });
  expect(hash(one)).toBe(hash(other));
});

test('different hashes are only of values that differ', () => {
  fc.assert(
    fc.property(meetingTexts, meetingTexts, (one, other) => {
      fc.pre(parseJson(one).ok && parseJson(other).ok);
      fc.pre(hash(one) !== hash(other));
      expect(compareTexts(one, other).outcome).toBe('different');
    }),
    { numRuns: 5_000, maxSkipsPerRun: 1_000 },
  );
});

test('values of rows in another column have another hash', () => {
  expect(fromText('{"a":1,"b":2}')).not.toEqual(fromText('{"a":2,"b":1}'));
  expect(hash('{"a":1,"b":2}')).not.toBe(hash('{"a":2,"b":1}'));
  expect(hash('{"id":1}')).not.toBe(hash('{"id":"1"}'));
});
