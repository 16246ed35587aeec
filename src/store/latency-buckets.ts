/** Each bucket ends 10 % above its beginning; bucket 0 holds everything up to 0.1 ms, the last everything above 2 min. */
const GROWTH = 1.1;
const SMALLEST_MS = 0.1;
const LAST_BUCKET = Math.ceil(Math.log(120_000 / SMALLEST_MS) / Math.log(GROWTH));

/** With fewer observations a percentile is not given. */
export const minObservations = 20;

export function latencyBucketOf(ms: number): number {
  if (!(ms > SMALLEST_MS)) return 0;
  return Math.min(LAST_BUCKET, 1 + Math.floor(Math.log(ms / SMALLEST_MS) / Math.log(GROWTH)));
}

/** The middle of the bucket that holds the percentile, off by at most 5 %; undefined with fewer than 20 observations. */
export function latencyPercentile(counts: ReadonlyMap<number, number>, share: number): number | undefined {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (total < minObservations) return undefined;
  const rank = Math.max(1, Math.ceil(share * total));
  let seen = 0;
  for (const [bucket, count] of [...counts].toSorted(([a], [b]) => a - b)) {
    seen += count;
    if (seen >= rank) return bucket === 0 ? SMALLEST_MS : SMALLEST_MS * GROWTH ** (bucket - 0.5);
  }
  return undefined;
}

/** Where a bucket begins and ends, in milliseconds. */
export function latencyBucketRange(bucket: number): { readonly fromMs: number; readonly toMs: number } {
  if (bucket === 0) return { fromMs: 0, toMs: SMALLEST_MS };
  return { fromMs: SMALLEST_MS * GROWTH ** (bucket - 1), toMs: SMALLEST_MS * GROWTH ** bucket };
}
