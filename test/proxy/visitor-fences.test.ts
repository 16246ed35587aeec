import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { VisitorFences } from '../../proxy/visitor-fences.ts';

test('forgetting never lowers what a visitor has to wait for, and memory stays bounded', () => {
  const steps = fc.array(
    fc.record({
      visitor: fc.integer({ min: 0, max: 9 }),
      fence: fc.bigInt({ min: 0n, max: 1_000n }),
      owes: fc.boolean(),
    }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 5 }), (taken, limit) => {
      const fences = new VisitorFences(limit);
      const highest = new Map<number, bigint>();
      const owed = new Map<number, number>();
      for (const [index, { visitor, fence, owes }] of taken.entries()) {
        if (owes) {
          fences.owe(String(visitor), index + 1);
          owed.set(visitor, index + 1);
        } else {
          fences.raise(String(visitor), fence, 0);
          highest.set(visitor, fence > (highest.get(visitor) ?? 0n) ? fence : (highest.get(visitor) ?? 0n));
        }
        expect(fences.size).toBeLessThanOrEqual(limit);
      }
      for (let visitor = 0; visitor < 10; visitor += 1) {
        const standing = fences.standingOf(String(visitor));
        expect(standing.fence >= (highest.get(visitor) ?? 0n)).toBe(true);
        expect(standing.owedUntil).toBeGreaterThanOrEqual(owed.get(visitor) ?? 0);
      }
    }),
  );
});

test('within the bound one visitor says nothing about another', () => {
  const fences = new VisitorFences(10);
  fences.raise('ann', 5n, 1);
  fences.owe('bob', 9);
  expect(fences.standingOf('cat')).toEqual({ fence: 0n, owedUntil: 0, readAt: 0, marks: [] });
  expect(fences.standingOf('ann')).toEqual({ fence: 5n, owedUntil: 0, readAt: 1, marks: [] });
  expect(fences.standingOf('bob')).toEqual({ fence: 0n, owedUntil: 9, readAt: 0, marks: [] });
});

test('a debt that was paid is not passed on when its visitor is forgotten', () => {
  const fences = new VisitorFences(1);
  fences.owe('ann', 9);
  fences.raise('ann', 5n, 10);
  fences.raise('bob', 1n, 10);
  expect(fences.standingOf('cat')).toEqual({ fence: 5n, owedUntil: 0, readAt: 0, marks: [] });
});

test('a note counts once, and not as long as it is shown', () => {
  const fences = new VisitorFences(10);
  fences.oweByNote('ann', 7, 30);
  fences.oweByNote('ann', 7, 40);
  expect(fences.standingOf('ann')).toEqual({ fence: 0n, owedUntil: 30, readAt: 0, marks: [7] });
  // The clock of who wrote the next one is behind.
  fences.oweByNote('ann', 3, 50);
  expect(fences.standingOf('ann')).toEqual({ fence: 0n, owedUntil: 50, readAt: 0, marks: [7, 3] });
});
