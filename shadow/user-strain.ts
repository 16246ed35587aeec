/** Why users would feel more comparisons: what serves them waits for a processor, or is late, or the comparator does not keep up. */
export type StrainReason = 'processor' | 'event-loop' | 'comparator';

export interface SeenOfUsers {
  /** Share of the time that the thread which serves users was ready to run and had to wait for a processor; 0 where unknown. */
  readonly waitedShare: number;
  /** Mean milliseconds by which its loop was late. */
  readonly lateMs: number;
  /** Whether the comparator has more to do than it gets done. */
  readonly isBehind: boolean;
}

/**
 * From here on processors are short: what a comparison takes is missing to somebody who serves. Where p99 was seen to rise it was
 * 7 % and more, see docs/decisions/0075.
 */
const MAX_WAITED_SHARE = 0.05;
/** From here on users wait for the loop, whoever keeps it. */
const MAX_LATE_MS = 3;

/** Undefined: users would not notice. */
export function strainOf({ waitedShare, lateMs, isBehind }: SeenOfUsers): StrainReason | undefined {
  // First, since a thread that waits for a processor is late as well.
  if (waitedShare > MAX_WAITED_SHARE) return 'processor';
  if (lateMs > MAX_LATE_MS) return 'event-loop';
  return isBehind ? 'comparator' : undefined;
}
