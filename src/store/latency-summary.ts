import { latencyBucketRange, latencyPercentile } from './latency-buckets.ts';

/** How long one side took, in milliseconds. */
export interface LatencySummary {
  /** Answers that were timed. */
  readonly count: number;
  /** Percentiles, off by at most 5 %. Undefined with too few answers: 20 for p50 and p95, 100 for p99. */
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
  readonly p99Ms: number | undefined;
  /** The histogram, fastest first, without empty buckets. Each ends 10 % above its beginning. */
  readonly buckets: readonly LatencyBucket[];
}

export interface LatencyBucket {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
}

/** The 99th percentile of fewer would be the slowest of all. */
const observationsForP99 = 100;

/** From counts by bucket. No I/O. */
export function summarizeLatency(counts: ReadonlyMap<number, number>): LatencySummary {
  const count = [...counts.values()].reduce((sum, each) => sum + each, 0);
  return {
    count,
    p50Ms: latencyPercentile(counts, 0.5),
    p95Ms: latencyPercentile(counts, 0.95),
    p99Ms: count < observationsForP99 ? undefined : latencyPercentile(counts, 0.99),
    buckets: [...counts]
      .toSorted(([a], [b]) => a - b)
      .map(([bucket, each]) => ({ ...latencyBucketRange(bucket), count: each })),
  };
}
