import { z } from 'zod';

/** When legacy's database is looked at to find reads that write. Milliseconds. */
export interface WriteWatchRules {
  /**
   * Without a request for so long before anybody looks, 20 to 60,000: longer than legacy goes on writing after an answer.
   * Default 300.
   */
  readonly quietMs?: number | undefined;
  /** Between two looks in a quiet time, 10 to 10,000. Default 150. */
  readonly lookEveryMs?: number | undefined;
}

export interface NormalizedWriteWatch {
  readonly quietMs: number;
  readonly lookEveryMs: number;
}

export const writeWatchShape = z.strictObject({
  quietMs: z.number().int().min(20).max(60_000).optional(),
  lookEveryMs: z.number().int().min(10).max(10_000).optional(),
});

export function writeWatchOf({ quietMs = 300, lookEveryMs = 150 }: WriteWatchRules = {}): NormalizedWriteWatch {
  return { quietMs, lookEveryMs };
}
