/** How much is asked of legacy at once, and how long it is left alone after that. Nothing here does I/O. */

/** What one chunk should take on legacy. */
const CHUNK_MS = 500;
const MIN_ROWS = 500;
const MAX_ROWS = 200_000;

export const FIRST_CHUNK_ROWS = 5_000;

/** Rows of the next chunk, after one of `rows` that took so long. It at most doubles, so that one lucky chunk does no harm. */
export function nextChunkRows(rows: number, tookMs: number): number {
  const factor = Math.min(2, Math.max(0.1, CHUNK_MS / Math.max(1, tookMs)));
  return Math.min(MAX_ROWS, Math.max(MIN_ROWS, Math.round(rows * factor)));
}

/** Milliseconds of rest after legacy worked for us, so that it does for `maxLoad` (0 to 1) of the time at most. */
export function restAfterWork(busyMs: number, maxLoad: number): number {
  return busyMs * (1 / maxLoad - 1);
}
