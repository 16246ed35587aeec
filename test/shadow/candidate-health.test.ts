import { expect, test } from 'vitest';
import { CandidateHealth } from '../../shadow/candidate-health.ts';

function failing(times: number, now = 0): CandidateHealth {
  const health = new CandidateHealth();
  for (let n = 0; n < times; n += 1) {
    health.admits(now);
    health.settle(false, now);
  }
  return health;
}

test('five failures are enough, four are not', () => {
  expect(failing(4).admits(0)).toBe(true);
  expect(failing(5).admits(0)).toBe(false);
});

test('a candidate that fails less than half of the time is asked on, and its failures stay evidence', () => {
  const health = new CandidateHealth();
  for (let n = 0; n < 500; n += 1) {
    expect(health.admits(n)).toBe(true);
    health.settle(n % 3 > 0, n);
  }
});

test('after a rest one question at a time shows how it is; two good answers and all are asked again', () => {
  const health = failing(5);
  expect(health.admits(999)).toBe(false);
  expect(health.admits(1_000)).toBe(true);
  expect(health.admits(1_000)).toBe(false);
  health.settle(true, 1_010);
  expect(health.admits(1_020)).toBe(true);
  expect(health.admits(1_020)).toBe(false);
  health.settle(true, 1_030);
  for (let n = 0; n < 10; n += 1) expect(health.admits(1_040)).toBe(true);
});

test('while it stays sick it is asked less and less, once a minute at least', () => {
  const health = failing(5);
  let asked = 0;
  const hour = 3_600_000;
  for (let now = 0; now < hour; now += 100) {
    if (!health.admits(now)) continue;
    asked += 1;
    health.settle(false, now);
  }
  expect(asked).toBeGreaterThanOrEqual(60);
  expect(asked).toBeLessThan(70);
});

test('an answer that was asked for before it opened does not open it further or close it', () => {
  const health = failing(5);
  health.settle(true, 10);
  health.settle(false, 20);
  expect(health.admits(1_000)).toBe(true);
});
