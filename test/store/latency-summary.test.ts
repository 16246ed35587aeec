import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { latencyBucketOf, latencyBucketRange } from '../../src/store/latency-buckets.ts';
import { summarizeLatency } from '../../src/store/latency-summary.ts';

it('every time lies in the range of its bucket', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 100_000, noNaN: true }), (ms) => {
      const { fromMs, toMs } = latencyBucketRange(latencyBucketOf(ms));
      expect(ms).toBeGreaterThanOrEqual(fromMs * (1 - 1e-9));
      expect(ms).toBeLessThanOrEqual(toMs * (1 + 1e-9));
    }),
  );
});

const of = (count: number): ReturnType<typeof summarizeLatency> => summarizeLatency(new Map([[50, count]]));

it('percentiles are given from as many answers on as they take', () => {
  expect(of(19)).toMatchObject({ count: 19, p50Ms: undefined, p95Ms: undefined, p99Ms: undefined });
  expect(of(20)).toMatchObject({ p50Ms: expect.any(Number), p95Ms: expect.any(Number), p99Ms: undefined });
  expect(of(100)).toMatchObject({ p99Ms: expect.any(Number) });
});

it('the histogram holds every answer, fastest first', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(140), fc.integer({ min: 1, max: 1_000 }))), (entries) => {
      const counts = new Map(entries);
      const { buckets, count } = summarizeLatency(counts);
      expect(buckets.reduce((sum, bucket) => sum + bucket.count, 0)).toBe(count);
      expect(buckets).toEqual(buckets.toSorted((a, b) => a.fromMs - b.fromMs));
    }),
  );
});
