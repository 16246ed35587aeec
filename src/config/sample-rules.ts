import { z } from 'zod';

/** Which share of the reads is compared. */
export interface SampleDefinition {
  /** From 0.01 up to 100. */
  readonly percent: number;
  /**
   * `request`: each read for itself; the default. `visitor`: all reads of so many visitors, always of the same ones. Raising
   * the percentage only adds visitors. They are not those that a canary begins with.
   */
  readonly by?: 'request' | 'visitor' | undefined;
}

export interface NormalizedSample {
  /** Above 0, up to 100. */
  readonly percent: number;
  readonly by: 'request' | 'visitor';
}

export interface ShadowDefinition {
  /** Reads that are compared per second at most; fewer while users would have to wait for it. Default 100 for all features. */
  readonly maxPerSecond?: number | undefined;
  /** Default: all of them. */
  readonly sample?: SampleDefinition | undefined;
  /**
   * Tables of legacy, `view_log` or `audit.view_log`, that reads may write to and be compared all the same. Those of a feature are added to
   * those of all.
   */
  readonly harmlessWrites?: readonly string[] | undefined;
  /**
   * Whether questions are stored, with both answers redacted, where these differ: what `fig replay` and `fig rules check` work
   * on. Default true.
   */
  readonly pairs?: boolean | undefined;
}

export const sample = z.strictObject({
  // Visitors are told apart by a hash of which 10,000 values are known.
  percent: z.number().min(0.01).max(100),
  by: z.enum(['request', 'visitor']).optional(),
});

export function sampleOf(definition: SampleDefinition | undefined): NormalizedSample {
  return { percent: definition?.percent ?? 100, by: definition?.by ?? 'request' };
}
