import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parkedKeys } from '../../src/kernel/parked-keys.ts';

test('while nothing is parked no read is about it, and while something is, a read that names no key may be', () => {
  expect(parkedKeys([]).mayName(undefined)).toBe(false);
  expect(parkedKeys([]).mayName('5')).toBe(false);
  expect(parkedKeys(['5']).mayName(undefined)).toBe(true);
});

test.each(['5', '05', '+5', ' 5', '5 ', '5.0', '0x5', '5e0', '5abc', '٥', '', '-0', '1e1'])(
  'with the key 5 parked, %j goes to legacy, because a handler may read it as 5',
  (text) => {
    expect(parkedKeys(['5']).mayName(text)).toBe(true);
  },
);

test.each(['6', '0', '-5', '50', '55'])('with the key 5 parked, %j is another key', (text) => {
  expect(parkedKeys(['5']).mayName(text)).toBe(false);
});

test.each([
  ['Ann', 'ann'],
  ['Ann', ' ANN '],
  ['straße', 'STRASSE'],
  ['café', 'cafe'],
  ['3f2504e0-4f89-11d3-9a0c-0305e82c3301', '{3F2504E04F8911D39A0C0305E82C3301}'],
  ['a-b', 'a_b'],
  ['***', 'anything'],
])('with the key %j parked, %j may be spelled so for it', (key, text) => {
  expect(parkedKeys([key]).mayName(text)).toBe(true);
});

test('another text is another key', () => {
  expect(parkedKeys(['ann']).mayName('anna')).toBe(false);
  expect(parkedKeys(['ann']).mayName('5')).toBe(false);
});

test('a long number is taken for its neighbours, whose last digits a handler may lose', () => {
  expect(parkedKeys(['9007199254740993']).mayName('9007199254740992')).toBe(true);
});

test('whatever is parked, its own spelling is always found', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), fc.nat(), (keys, n) => {
      expect(parkedKeys(keys).mayName(keys[n % keys.length])).toBe(true);
    }),
  );
});
