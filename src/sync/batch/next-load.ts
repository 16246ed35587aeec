// Nothing here does I/O: when to load is decided by values alone.
import type { BatchLoad } from '../../store/batch-store.ts';

/** Of a load that failed: doubled with every further failure. */
const FIRST_REST_MS = 10_000;

export interface LoadPlan {
  readonly at: number;
  readonly reason:
    | /** There are none that can be used: they are of another definition, or stand at a position of another clock. */ 'no-rows'
    | /** The last load failed. */ 'failed'
    | /** Somebody needs newer rows than there are. */ 'wanted'
    | 'schedule';
}

export interface LoadNeeds {
  readonly everyMs: number;
  readonly fingerprint: string;
  /** Whose positions the rows must stand at; undefined while that is not known. */
  readonly clock: string | undefined;
  /** When somebody needs rows that were loaded from then on. */
  readonly wantedAt: number | undefined;
}

/** When the next load is due. */
export function nextLoad(load: BatchLoad, { everyMs, fingerprint, clock, wantedAt }: LoadNeeds): LoadPlan {
  const { loaded, failures, triedAt = 0 } = load;
  if (failures > 0) {
    const rest = Math.min(everyMs, FIRST_REST_MS * 2 ** Math.min(failures - 1, 20));
    return { at: triedAt + rest, reason: 'failed' };
  }
  const isUsable = loaded?.fingerprint === fingerprint && (clock === undefined || loaded.clock === clock);
  if (!isUsable) return { at: 0, reason: 'no-rows' };
  const scheduled = loaded.loadedFrom + everyMs;
  if (wantedAt !== undefined && loaded.loadedFrom < wantedAt && wantedAt < scheduled) {
    return { at: wantedAt, reason: 'wanted' };
  }
  return { at: scheduled, reason: 'schedule' };
}

/**
 * Seconds by which the rows are older than they should ever be. Just before the next ones arrive they are as old as a whole
 * interval and the time a load takes, so a second interval passes before anybody has to worry.
 */
export function overdueSeconds(load: BatchLoad, everyMs: number, now: number): number | undefined {
  const { loaded } = load;
  if (!loaded) return undefined;
  const allowed = 2 * everyMs + (loaded.loadedAt - loaded.loadedFrom);
  return Math.max(0, now - loaded.loadedFrom - allowed) / 1_000;
}
