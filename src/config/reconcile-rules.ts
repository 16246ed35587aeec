import { z } from 'zod';
import { duration, durationMs } from './duration.ts';

/** How a read model is compared with the legacy database. Times are written `90s`, `30m`, `6h`, `1d`. */
export interface ReconcileRules {
  /** How often fig does it by itself. Default `6h`. */
  readonly every?: string | undefined;
  /** Whether what fig finds by itself is put right at once. Default true. */
  readonly repair?: boolean | undefined;
  /** Share of the time that legacy may work for it, above 0 and at most 1. Default 0.2. */
  readonly maxLoad?: number | undefined;
  /** How old the last comparison may be for reads to go live. Default `1d`. */
  readonly maxAge?: string | undefined;
}

export interface NormalizedReconcile {
  readonly everyMs: number;
  readonly repair: boolean;
  readonly maxLoad: number;
  readonly maxAgeSeconds: number;
}

export const reconcileSchema = z.union([
  z.literal(false),
  z.strictObject({
    every: duration.optional(),
    repair: z.boolean().optional(),
    maxLoad: z.number().gt(0).max(1).optional(),
    maxAge: duration.optional(),
  }),
]);

/** Undefined: fig compares nothing by itself, and the gate does not ask for it. */
export function reconcileOf(rules: ReconcileRules | false = {}): NormalizedReconcile | undefined {
  if (rules === false) return undefined;
  return {
    everyMs: durationMs(rules.every ?? '6h'),
    repair: rules.repair ?? true,
    maxLoad: rules.maxLoad ?? defaultMaxLoad,
    maxAgeSeconds: durationMs(rules.maxAge ?? '1d') / 1_000,
  };
}

export const defaultMaxLoad = 0.2;
