import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Histogram } from '../../src/observe/histogram.ts';

it('gives percentiles within 5 % of the exact ones, or within 0.1 ms', () => {
  const durations = fc.array(fc.double({ min: 0, max: 500_000, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(durations, fc.constantFrom(0.01, 0.5, 0.95, 0.99, 1), (values, share) => {
      const histogram = new Histogram();
      for (const value of values) histogram.observe(value);
      const sorted = values.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil(share * values.length)) - 1]!;
      expect(Math.abs(histogram.percentile(share) - exact)).toBeLessThanOrEqual(Math.max(0.1, exact * 0.05));
    }),
  );
});

it('takes what is no duration for 0 and reads values beyond its range as the largest one seen', () => {
  const histogram = new Histogram();
  expect(histogram.percentile(0.5)).toBe(0);
  histogram.observe(-5);
  histogram.observe(Number.NaN);
  expect(histogram.percentile(0.5)).toBe(0);
  histogram.observe(7_200_000);
  expect(histogram.percentile(1)).toBe(7_200_000);
  expect(histogram.total).toBe(3);
});
