import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { steppedText } from '../../../shadow/json/stepped-text.ts';
import { fromText, rulesOf, type PathRules } from '../arbitraries.ts';
import type { Scalar } from '../../../shadow/json/scalars.ts';

type Tolerance = PathRules['tolerance'][string];

function textsOf(values: readonly string[], tolerance: Tolerance): string[] {
  const { senses } = rulesOf({ tolerance: { $: tolerance } });
  return values.map((value) => steppedText(fromText(value) as Scalar, senses));
}

/** How many texts there are for values that all lie within a tolerance of the middle one. */
function countOf(values: readonly string[], tolerance: Tolerance): number {
  return new Set(textsOf(values, tolerance)).size;
}

const jitter = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 });
const middle = fc.double({ min: 1e-3, max: 1e9, noNaN: true });

test('jitter within an absolute tolerance gives two texts at most', () => {
  fc.assert(
    fc.property(middle, jitter, (around, offsets) => {
      expect(
        countOf(
          offsets.map((offset) => String(around + offset * 0.49)),
          0.5,
        ),
      ).toBeLessThanOrEqual(2);
    }),
  );
});

test('jitter within a share gives two texts at most, whatever the size', () => {
  fc.assert(
    fc.property(middle, jitter, fc.boolean(), (around, offsets, isNegative) => {
      const values = offsets.map((offset) => String((isNegative ? -around : around) * (1 + offset * 0.0049)));
      expect(countOf(values, { relative: 0.01 })).toBeLessThanOrEqual(2);
    }),
  );
});

test('jitter within both gives three texts at most', () => {
  fc.assert(
    fc.property(fc.double({ min: 40, max: 60, noNaN: true }), jitter, (around, offsets) => {
      const values = offsets.map((offset) => String(around + offset * 0.24));
      expect(countOf(values, { absolute: 0.5, relative: 0.01 })).toBeLessThanOrEqual(3);
    }),
  );
});

test('jitter of times gives two texts at most', () => {
  fc.assert(
    fc.property(fc.nat({ max: 2_000_000_000_000 }), jitter, (around, offsets) => {
      const values = offsets.map((offset) => JSON.stringify(new Date(around + Math.round(offset * 900)).toISOString()));
      expect(countOf(values, { time: '2s' })).toBeLessThanOrEqual(2);
    }),
  );
});

test('values that are far apart, and what has no steps, keep texts of their own', () => {
  expect(countOf(['1', '1.1', '2', '1e300', '-1', '0', '"1"', '"a"', 'null', 'true'], { relative: 0.01 })).toBe(10);
  const times = ['"2026-01-01T10:00:00Z"', '"2026-01-01T10:01:00Z"', '"2026-01-01T10:00:00"', '"2026-01-01"', '5'];
  expect(countOf(times, { time: '2s' })).toBe(5);
});
