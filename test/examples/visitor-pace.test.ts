import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Pace, backOffMs } from '../../examples/shop/visitors/pace.ts';

test('requests are due at even distances', () => {
  const pace = new Pace(20, 1_000);
  expect(pace.restMs(1_000)).toBe(0);
  pace.spend(1, 1_000);
  expect(pace.restMs(1_010)).toBe(40);
  pace.spend(2, 1_050);
  expect(pace.restMs(1_050)).toBe(100);
});

test('a pause is not followed by a burst', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 60 }),
      (perSecond, pauses) => {
        const pace = new Pace(perSecond, 0);
        const sent: number[] = [];
        let now = 0;
        for (const pause of pauses) {
          now += pause;
          while (pace.restMs(now) === 0) {
            pace.spend(1, now);
            sent.push(now);
          }
        }
        for (const at of sent) {
          const within = sent.filter((other) => other > at - 1_000 && other <= at).length;
          expect(within).toBeLessThanOrEqual(perSecond + 2);
        }
      },
    ),
  );
});

test('a shop that is down is asked ever more seldom, up to a limit', () => {
  expect([1, 2, 3, 4, 5, 6, 100].map(backOffMs)).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  const pace = new Pace(100, 0);
  pace.pauseUntil(700);
  expect(pace.restMs(100)).toBe(600);
});
