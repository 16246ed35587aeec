import { expect, test } from 'vitest';
import { RateMeter } from '../../../src/app/transport/rate-meter.ts';

test('a rate is known from the second reading on', () => {
  const meter = new RateMeter();
  expect(meter.perSecond()).toBeUndefined();
  meter.add(100, 0);
  expect(meter.perSecond()).toBeUndefined();
  meter.add(150, 500);
  expect(meter.perSecond()).toBe(100);
});

test('a rate is that of the last ten seconds', () => {
  const meter = new RateMeter();
  for (let second = 0; second <= 60; second += 1) meter.add(second < 30 ? second * 1_000 : 30_000, second * 1_000);
  expect(meter.perSecond()).toBe(0);
});

test('a total that begins anew is no negative rate', () => {
  const meter = new RateMeter();
  meter.add(1_000, 0);
  meter.add(10, 1_000);
  expect(meter.perSecond()).toBeUndefined();
  meter.add(20, 2_000);
  expect(meter.perSecond()).toBe(10);
});
