import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import { expect, onTestFinished, test, vi } from 'vitest';
import { countTaken } from '../../../proxy/upstream/taken-memory.ts';

const MB = 1024 * 1024;

/** Kinds of the collections since. */
function watchCollections(): number[] {
  const kinds: number[] = [];
  const note = (entry: PerformanceEntry & { readonly detail?: unknown }) =>
    kinds.push((entry.detail as { readonly kind: number }).kind);
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) note(entry);
  });
  observer.observe({ entryTypes: ['gc'] });
  onTestFinished(() => observer.disconnect());
  return kinds;
}

/** What nobody refers to when it returns. */
function takeAndLeave(megabytes: number): void {
  for (let n = 0; n < megabytes; n += 1) Buffer.allocUnsafeSlow(MB).fill(n);
}

test('memory that was taken for bytes passed on comes back without a walk of the whole heap', async () => {
  const kinds = watchCollections();
  takeAndLeave(20);
  const taken = process.memoryUsage().arrayBuffers;
  for (let n = 0; n < 8; n += 1) countTaken(MB);
  await vi.waitFor(() => expect(process.memoryUsage().arrayBuffers).toBeLessThan(taken - 19 * MB));
  await vi.waitFor(() => expect(kinds).toContain(constants.NODE_PERFORMANCE_GC_MINOR));
});

test('nothing is collected for less than it pays for', () => {
  // Told of as bytes and in no time at all: the observer, which is told in a later turn, is not needed for this.
  takeAndLeave(4);
  const taken = process.memoryUsage().arrayBuffers;
  countTaken(4 * MB);
  expect(process.memoryUsage().arrayBuffers).toBe(taken);
});

test('the collector is not to be seen by anything else', () => {
  countTaken(8 * MB);
  expect('gc' in globalThis).toBe(false);
});
