import { expect, test } from 'vitest';
import { NextQuery } from '../../src/sync/next-query.ts';

/** Queries that end when they are told to; each answers with its number. */
function queries() {
  const ends: (() => void)[] = [];
  const fails: ((error: Error) => void)[] = [];
  const shared = new NextQuery(
    () =>
      new Promise<number>((resolve, reject) => {
        const number = ends.length + 1;
        ends.push(() => resolve(number));
        fails.push(reject);
      }),
  );
  return { shared, ends, fails };
}

test('who asks while a query runs gets the answer of the next, which is one for all of them', async () => {
  const { shared, ends } = queries();
  const first = shared.ask();
  await Promise.resolve();
  const later = [shared.ask(), shared.ask(), shared.ask()];
  expect(ends).toHaveLength(1);
  ends[0]!();
  expect(await first).toBe(1);
  await Promise.resolve();
  expect(ends).toHaveLength(2);
  ends[1]!();
  expect(await Promise.all(later)).toEqual([2, 2, 2]);
});

test('a query that fails fails for those who shared it, and the next one is asked all the same', async () => {
  const { shared, ends, fails } = queries();
  const first = shared.ask();
  await Promise.resolve();
  const next = shared.ask();
  fails[0]!(new Error('away'));
  await expect(first).rejects.toThrow('away');
  await Promise.resolve();
  ends[1]!();
  expect(await next).toBe(2);
});
