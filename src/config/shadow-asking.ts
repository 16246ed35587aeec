import { z } from 'zod';
import { duration, durationMs } from './duration.ts';

/** How the shadow asks; beside how much of the traffic it compares. */
export interface ShadowAsking {
  /** How often legacy is asked again where nothing differs, to learn what it varies by itself. `false`: never. */
  readonly sandwich?:
    | false
    | {
        /** Share of the comparisons, above 0 and at most 1. Default 0.01. */
        readonly share?: number | undefined;
        /** Questions per second at most, for each process that compares. Default 1. */
        readonly maxPerSecond?: number | undefined;
      }
    | undefined;
  /**
   * What is waited before the candidate is asked again, where no database says how far its read model is: longer than its
   * read model ever lags. `1s`, `1m`. Default `1s`.
   */
  readonly settle?: string | undefined;
}

export interface NormalizedShadowAsking {
  readonly sandwich: { readonly share: number; readonly maxPerSecond: number };
  readonly settleMs: number;
}

/** It is waited up to six times before a mismatch is said. */
const MAX_SETTLE_MS = 60_000;

export const shadowAskingShape = {
  sandwich: z
    .union([
      z.literal(false),
      z.strictObject({
        share: z.number().gt(0).max(1).optional(),
        maxPerSecond: z.number().positive().max(1_000).optional(),
      }),
    ])
    .optional(),
  settle: duration.refine((text) => durationMs(text) <= MAX_SETTLE_MS, 'a minute at most').optional(),
};

export function shadowAskingOf({ sandwich = {}, settle = '1s' }: ShadowAsking = {}): NormalizedShadowAsking {
  const { share = 0.01, maxPerSecond = 1 } = sandwich === false ? { share: 0 } : sandwich;
  return { sandwich: { share, maxPerSecond }, settleMs: durationMs(settle) };
}
