import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { PacedRelease, type Pace } from '../../shadow/paced-release.ts';

function start(pace: Pace): { release: PacedRelease<number>; released: number[] } & Disposable {
  const released: number[] = [];
  const release = new PacedRelease<number>(
    () => pace,
    (item) => released.push(item),
  );
  return { release, released, [Symbol.dispose]: () => void release.clear() };
}

const numbers = Array.from({ length: 60 }, (_, n) => n);

test('what comes now and then passes at once, and a burst in its order, bit by bit', async () => {
  using running = start({ isStrained: false, perSecond: 100 });
  const { release, released } = running;
  release.add(-1);
  expect(released).toEqual([-1]);
  expect(release.isHolding).toBe(false);
  for (const number of numbers) release.add(number);
  expect(released.length).toBeLessThan(20);
  while (release.isHolding) await sleep(5);
  expect(released).toEqual([-1, ...numbers]);
});

test('while users have to wait a burst is worked off at twice the budget, and quickly when they have not', async () => {
  const pace = { isStrained: true, perSecond: 10 };
  using running = start(pace);
  const { release, released } = running;
  const startedAt = performance.now();
  for (const number of numbers) release.add(number);
  while (released.length < 9) await sleep(5);
  // The first one and a second's twentieth of 20 are there at once.
  expect(performance.now() - startedAt).toBeGreaterThan(300);
  expect(release.isHolding).toBe(true);
  pace.isStrained = false;
  while (release.isHolding) await sleep(5);
  expect(released).toEqual(numbers);
});

test('at the end all of it goes at once, and what is forgotten never goes', () => {
  using running = start({ isStrained: true, perSecond: 1 });
  const { release, released } = running;
  for (const number of numbers) release.add(number);
  release.flush();
  expect(released).toEqual(numbers);
  for (const number of numbers) release.add(number);
  expect(release.clear().length).toBeGreaterThan(50);
  expect(release.isHolding).toBe(false);
});
