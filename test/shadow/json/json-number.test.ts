import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isWithinTolerance, JsonNumber } from '../../../shadow/json/json-number.ts';

const same = (a: string, b: string): boolean => new JsonNumber(a).canonical === new JsonNumber(b).canonical;

test.each([
  ['1.0', '1'],
  ['10', '1e1'],
  ['1E+2', '100'],
  ['0.5', '5e-1'],
  ['0', '0.000'],
  ['0e99', '0'],
  ['-0', '-0.0'],
  ['1200', '12e2'],
])('%s and %s are the same number', (a, b) => {
  expect(same(a, b)).toBe(true);
});

test.each([
  ['9007199254740993', '9007199254740992'],
  ['0.1000000000000000055', '0.1'],
  ['1e400', '1e401'],
  ['1e400', '2e400'],
  ['-0', '0'],
  ['1', '-1'],
  ['1e999999999999999999', '1e999999999999999998'],
])('%s and %s are different numbers', (a, b) => {
  expect(same(a, b)).toBe(false);
});

test('numbers that a double tells apart are different, and each equals itself in any notation', () => {
  const doubles = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(doubles, doubles, (a, b) => {
      expect(same(JSON.stringify(a), JSON.stringify(b))).toBe(a === b);
      // JSON.stringify writes -0 as 0.
      expect(same(JSON.stringify(a), (a + 0 === 0 ? 0 : a).toExponential())).toBe(true);
    }),
  );
});

test('a tolerance is exact at its edge, where doubles are not', () => {
  expect(isWithinTolerance('0.3', '0.295', 0.005)).toBe(true);
  expect(isWithinTolerance('0.3', '0.294999999999999999999', 0.005)).toBe(false);
  expect(isWithinTolerance('1e400', '1e400', 0)).toBe(true);
  expect(isWithinTolerance('9007199254740993', '9007199254740992', 0.5)).toBe(false);
  expect(isWithinTolerance('0', '-0', 0)).toBe(true);
  expect(isWithinTolerance('0', '1e-7', 1e-7)).toBe(true);
  expect(isWithinTolerance('abc', '1', 5)).toBe(false);
  expect(isWithinTolerance('1e99999', '1', 5)).toBe(false);
});

test('a tolerance is symmetric and agrees with integer arithmetic', () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.bigInt(), fc.integer({ min: 0, max: 1_000 }), (a, b, tolerance) => {
      const gap = a > b ? a - b : b - a;
      expect(isWithinTolerance(String(a), String(b), tolerance)).toBe(gap <= BigInt(tolerance));
      expect(isWithinTolerance(String(b), String(a), tolerance)).toBe(gap <= BigInt(tolerance));
    }),
  );
});
