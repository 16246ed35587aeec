import { expect, test } from 'vitest';
import { askInTurn } from '../../../src/app/replay/ask-in-turn.ts';
import { StrainWatch } from '../../../src/app/replay/strain.ts';

test('questions are asked no faster than the rate, and no more at once than allowed', async () => {
  const began: number[] = [];
  let now = 0;
  let most = 0;
  const { results, stopped } = await askInTurn({
    items: [1, 2, 3, 4, 5, 6, 7],
    perSecond: 50,
    concurrency: 2,
    work: async (item) => {
      began.push(performance.now());
      most = Math.max(most, (now += 1));
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      now -= 1;
      return item * 2;
    },
    onDone: () => undefined,
  });
  expect(results).toEqual([2, 4, 6, 8, 10, 12, 14]);
  expect(stopped).toBeUndefined();
  expect(most).toBeLessThanOrEqual(2);
  // Six gaps of 20 ms; timers may be a millisecond early.
  expect(began.at(-1)! - began[0]!).toBeGreaterThan(110);
});

test('a reason to stop ends it, and what was done is kept', async () => {
  const { results, stopped } = await askInTurn({
    items: [1, 2, 3, 4],
    perSecond: 1_000,
    concurrency: 1,
    work: (item) => Promise.resolve(item),
    onDone: (item) => (item === 2 ? 'enough' : undefined),
  });
  expect(results).toEqual([1, 2]);
  expect(stopped).toBe('enough');
});

test('legacy is left alone when it fails three times in a row, not when it fails now and then', () => {
  const watch = new StrainWatch();
  for (let i = 0; i < 10; i += 1) {
    expect(watch.note('failed')).toBeUndefined();
    expect(watch.note('failed')).toBeUndefined();
    expect(watch.note({ tookMs: 10 })).toBeUndefined();
  }
  watch.note('failed');
  watch.note('failed');
  expect(watch.note('failed')).toContain('3 questions in a row');
});

test('legacy is left alone when it becomes five times slower than at first and slower than a second', () => {
  const watch = new StrainWatch();
  for (let i = 0; i < 5; i += 1) expect(watch.note({ tookMs: 300 })).toBeUndefined();
  watch.note({ tookMs: 1_600 });
  watch.note({ tookMs: 1_600 });
  expect(watch.note({ tookMs: 1_600 })).toContain('1600 ms');
  const fast = new StrainWatch();
  for (let i = 0; i < 5; i += 1) fast.note({ tookMs: 5 });
  for (let i = 0; i < 5; i += 1) expect(fast.note({ tookMs: 500 })).toBeUndefined();
});
