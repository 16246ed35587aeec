import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isolateFailures } from '../../../src/sync/dead-letters/isolate-failures.ts';

const cases = fc
  .array(fc.boolean(), { minLength: 1, maxLength: 300 })
  .map((isBad) => ({ items: isBad.map((_, i) => i), bad: new Set(isBad.flatMap((bad, i) => (bad ? [i] : []))) }));

async function isolate(items: readonly number[], bad: ReadonlySet<number>, room = Number.POSITIVE_INFINITY) {
  const done: number[] = [];
  const failed: number[] = [];
  let attempts = 0;
  const isComplete = await isolateFailures(
    items,
    async (part) => {
      attempts += 1;
      if (part.some((item) => bad.has(item))) throw new Error('bad');
      done.push(...part);
    },
    (item) => {
      failed.push(item);
      return failed.length <= room;
    },
    () => true,
  );
  return { done, failed, attempts, isComplete };
}

test('exactly the items that fail alone are found, and every other is done once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ items, bad }) => {
      const { done, failed, isComplete } = await isolate(items, bad);
      expect(failed).toEqual([...bad]);
      expect(done).toEqual(items.filter((item) => !bad.has(item)));
      expect(isComplete).toBe(true);
    }),
  );
});

test('k failures among n items take at most about 2 k log n attempts', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ items, bad }) => {
      const { attempts } = await isolate(items, bad);
      expect(attempts).toBeLessThanOrEqual(1 + 2 * bad.size * (Math.ceil(Math.log2(items.length)) + 1));
    }),
  );
});

test('when more fail than there is room for, the rest is not tried', async () => {
  const items = Array.from({ length: 1_000 }, (_, i) => i);
  const { failed, attempts, isComplete } = await isolate(items, new Set(items), 10);
  expect(failed).toHaveLength(11);
  expect(attempts).toBeLessThan(60);
  expect(isComplete).toBe(false);
});

test('an item that fails in company only fails when its turn comes', async () => {
  const taken = new Set<string>();
  const failed: string[] = [];
  await isolateFailures(
    ['a1', 'b2', 'c1'],
    async (part) => {
      const claimed = new Set(taken);
      for (const item of part) {
        if (claimed.has(item.slice(1))) throw new Error('claimed already');
        claimed.add(item.slice(1));
      }
      for (const each of claimed) taken.add(each);
    },
    (item) => {
      failed.push(item);
      return true;
    },
    () => true,
  );
  expect(failed).toEqual(['c1']);
});

test('a failure that is no fault of an item ends the whole', async () => {
  const gone = new Error('the connection is gone');
  const isolating = isolateFailures(
    [1, 2, 3],
    () => Promise.reject(gone),
    () => true,
    (error) => error !== gone,
  );
  await expect(isolating).rejects.toBe(gone);
});
