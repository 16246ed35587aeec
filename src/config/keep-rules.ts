import { z } from 'zod';

/** How long what comparisons have shown is kept once it is of no use to a gate. */
export interface KeepRules {
  /** Days since it was last added to, 1 to 3,650. Default 30. */
  readonly days?: number | undefined;
  /** What all of it may take in the control store, 10 to 1,000,000. What the gates need is kept even beyond. Default 500. */
  readonly megabytes?: number | undefined;
}

export interface NormalizedKeep {
  readonly days: number;
  readonly bytes: number;
}

export const keepSchema = z.strictObject({
  days: z.number().int().min(1).max(3_650).optional(),
  megabytes: z.number().int().min(10).max(1_000_000).optional(),
});

export function keepOf({ days, megabytes }: KeepRules = {}): NormalizedKeep {
  return { days: days ?? 30, bytes: (megabytes ?? 500) * 1024 ** 2 };
}
