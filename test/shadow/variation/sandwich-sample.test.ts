import { expect, test } from 'vitest';
import { SandwichSample } from '../../../shadow/variation/sandwich-sample.ts';
import { seededRandom } from '../../faults/history.ts';

test('draws the share that it is told to, and never more in a second than it is told to', () => {
  const sample = new SandwichSample({ share: 0.01, maxPerSecond: 1_000, random: seededRandom(1) });
  let drawn = 0;
  for (let n = 0; n < 100_000; n += 1) if (sample.draws(n * 10)) drawn += 1;
  expect(drawn / 100_000).toBeCloseTo(0.01, 2);

  const bounded = new SandwichSample({ share: 1, maxPerSecond: 1 });
  let inTenSeconds = 0;
  for (let now = 0; now < 10_000; now += 1) if (bounded.draws(now)) inTenSeconds += 1;
  expect(inTenSeconds).toBe(10);
});

test('a share of 0 asks nobody', () => {
  const never = new SandwichSample({ share: 0, maxPerSecond: 1 });
  expect(Array.from({ length: 1_000 }, (_, now) => never.draws(now * 1_000))).not.toContain(true);
});
