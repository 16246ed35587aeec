import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SettledClock } from '../../../../src/sync/kafka/domain-events/settled-clock.ts';

test('a write counts as there when its time was over before everything was read', () => {
  const clock = new SettledClock(5_000);
  clock.sample(1_000, 10n, 'store');
  clock.sample(2_000, 20n, 'store');
  expect(clock.settledAt(5_999)).toBeUndefined();
  expect(clock.settledAt(6_000)).toBe(10n);
  expect(clock.settledAt(7_500)).toBe(20n);
  expect(clock.settledAt(7_500)).toBe(20n);
});

test.each([1_000, 600_000, 3_600_000])(
  'however long an event may take, writes count soon after that: %i ms',
  (settleMs) => {
    const clock = new SettledClock(settleMs);
    let found: bigint | undefined;
    for (let at = 0; at <= 3 * settleMs; at += 500) {
      clock.sample(at, BigInt(at), 'store');
      // Of what is not level for a while nothing is known.
      if (at < settleMs / 2 || at > 2.5 * settleMs) found = clock.settledAt(at) ?? found;
    }
    expect(found).toBeLessThanOrEqual(2 * settleMs);
    expect(found).toBeGreaterThanOrEqual(1.98 * settleMs);
  },
);

test('positions of another clock begin anew', () => {
  const clock = new SettledClock(1_000);
  clock.sample(0, 10n, 'log 1');
  clock.sample(500, 5n, 'log 2');
  expect(clock.name).toBe('log 2');
  expect(clock.settledAt(1_400)).toBeUndefined();
  expect(clock.settledAt(1_500)).toBe(5n);
});

test('no write is said to be there whose event may still come, however often it is asked', () => {
  const step = fc.record({ after: fc.nat(900), isLevel: fc.boolean() });
  fc.assert(
    fc.property(fc.nat(3_000), fc.array(step, { maxLength: 60 }), (settleMs, steps) => {
      const clock = new SettledClock(settleMs);
      const taken = new Map<bigint, number>();
      let [now, levelAt, shown] = [0, 0, -1n];
      for (const [n, { after, isLevel }] of steps.entries()) {
        now += after;
        taken.set(BigInt(n), now);
        clock.sample(now, BigInt(n), 'store');
        if (isLevel) levelAt = now;
        const position = clock.settledAt(levelAt);
        if (position === undefined) continue;
        expect(taken.get(position)! + settleMs).toBeLessThanOrEqual(levelAt);
        expect(position).toBeGreaterThanOrEqual(shown);
        shown = position;
      }
    }),
  );
});
