import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DistinctSample, SampleBook } from '../../../shadow/facts/distinct-sample.ts';

function hashOf(text: string): Uint8Array {
  return createHash('sha256').update(text).digest().subarray(0, 16);
}

function hex(each: number): string {
  return Buffer.from(hashOf(String(each))).toString('hex');
}

test('what is seen again changes nothing, and a sample holds the smallest hashes in whatever order they came', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 60 })), fc.integer({ min: 1, max: 20 }), (seen, size) => {
      const sample = new DistinctSample(size);
      const taken = new Set<number>();
      for (const each of seen) {
        const isNew = !taken.has(each);
        const takes = sample.takes(hashOf(String(each)));
        expect(takes && !isNew).toBe(false);
        if (takes) taken.add(each);
      }
      const smallest = [...new Set(seen)].toSorted((a, b) => (hex(a) < hex(b) ? -1 : 1)).slice(0, size);
      expect(smallest.every((each) => taken.has(each))).toBe(true);
    }),
  );
});

test('a sample asks ever less of what it is shown', () => {
  const sample = new DistinctSample(10);
  const taken = Array.from({ length: 10_000 }, (_, i) => sample.takes(hashOf(String(i)))).filter(Boolean).length;
  // 10 + 10/11 + 10/12 + ... : about 10 ln(1,000).
  expect(taken).toBeLessThan(160);
});

test('samples are kept apart by name, and of too many the one that began first begins anew', () => {
  const book = new SampleBook(2);
  const hash = hashOf('one');
  expect([book.takes('a', 1, hash), book.takes('a', 1, hash), book.takes('b', 1, hash)]).toEqual([true, false, true]);
  expect(book.takes('c', 1, hash)).toBe(true);
  expect(book.takes('a', 1, hash)).toBe(true);
});
