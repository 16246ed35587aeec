import { createHash } from 'node:crypto';

const BUCKETS = 10_000;

/**
 * The bucket, 0 to 9,999, of a key under a salt. Stable across processes and versions: a visitor stays on the same side.
 */
export function bucketOf(salt: string, key: string): number {
  const digest = createHash('sha256').update(salt).update('\0').update(key).digest();
  return digest.readUInt32BE(0) % BUCKETS;
}

/** Whether a key belongs to the first `percent` of keys. Raising the percentage only adds keys. */
export function isWithin(salt: string, key: string, percent: number): boolean {
  return bucketOf(salt, key) < (percent / 100) * BUCKETS;
}
