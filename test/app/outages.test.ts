import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Outages } from '../../src/app/workers/outages.ts';

const second = 1_000;

test('one outage that opens the breakers of all workers counts once', () => {
  const outages = new Outages();
  const seen = [1, 2, 3, 4].map((worker) => outages.isNew('orders', worker, worker * 200));
  expect(seen).toEqual([true, false, false, false]);
});

test('an outage that goes on counts as often as one worker alone would count it', () => {
  const outages = new Outages();
  // Rests of 1, 2 and 4 s, after each of which a question shows that the candidate is still unwell.
  const openings = [0, 1, 3, 7].flatMap((at) =>
    [1, 2].map((worker) => outages.isNew('orders', worker, at * second + worker)),
  );
  expect(openings.filter(Boolean)).toHaveLength(4);
});

test('another feature, and another time, is another outage', () => {
  const outages = new Outages();
  expect(outages.isNew('orders', 1, 0)).toBe(true);
  expect(outages.isNew('prices', 2, 0)).toBe(true);
  expect(outages.isNew('orders', 2, 11 * second)).toBe(true);
});

test('never fewer than the worker that saw most, never more than all together', () => {
  const openings = fc.array(fc.tuple(fc.nat(3), fc.nat(20 * second)), { maxLength: 40 });
  fc.assert(
    fc.property(openings, (seen) => {
      const outages = new Outages();
      const counted = seen
        .toSorted(([, a], [, b]) => a - b)
        .filter(([worker, at]) => outages.isNew('orders', worker, at)).length;
      const most = Math.max(0, ...[0, 1, 2, 3].map((worker) => seen.filter(([each]) => each === worker).length));
      expect(counted).toBeGreaterThanOrEqual(most);
      expect(counted).toBeLessThanOrEqual(seen.length);
    }),
  );
});
