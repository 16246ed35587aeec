import type { Stage } from '../projection/derivation.ts';
import type { RowStep } from './row-overlay.ts';

/**
 * While the mirrors are walked for the first time, every row is met by the walk or by its changes, and never by both: what
 * the walk has passed hears of changes, what is ahead is seen by the walk as it is then. No I/O.
 */
export type Standing =
  /** All rows were met. */
  | 'passed'
  /** Rows up to the cursor were met. */
  | 'walked'
  /** No row was met. */
  | 'ahead';

/** Whether a source's rows were met. `sources`: in the order in which they are walked. */
export function standingOf(source: string, sources: readonly string[], { state, cursor }: Stage): Standing {
  if (state === 'ready') return 'passed';
  if (state !== 'building' || !cursor) return 'ahead';
  const distance = sources.indexOf(source) - sources.indexOf(cursor.source);
  if (distance !== 0) return distance < 0 ? 'passed' : 'ahead';
  return cursor.key === null ? 'ahead' : 'walked';
}

/** What a change is to whoever has met only some rows: without the rows that the walk has still to come to. */
export function metPart({ before, after }: RowStep, isMet: (row: NonNullable<RowStep['before']>) => boolean): RowStep {
  return { before: before && isMet(before) ? before : undefined, after: after && isMet(after) ? after : undefined };
}
