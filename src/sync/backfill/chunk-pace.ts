/** Chunks are made so large that legacy works on one for about this long. */
const TARGET_MS = 250;
const [LEAST_ROWS, MOST_ROWS] = [500, 200_000];
/** A chunk is held in memory, and applying the stream waits while it lands. */
const MOST_BYTES = 4 * 1024 * 1024;
/** What is over sooner than this says nothing about legacy's load. */
const TELLING_MS = 20;
const LONGEST_REST_MS = 10_000;
/** Before a chunk is read again. */
const [FIRST_REST_MS, LAST_REST_MS] = [50, 1_000];

export interface ChunkRead {
  readonly rows: number;
  readonly bytes: number;
  readonly ms: number;
}

/**
 * Decides how many rows the next chunk has, and for how long legacy is left alone first: a read that takes `maxLoad` times
 * as long per row as the best that was seen means that legacy has other things to do. No I/O and no clock.
 */
export class ChunkPace {
  readonly #maxLoad: number;
  #rows: number;
  #bestMsPerRow: number | undefined;
  #triesInVain = 0;

  constructor(maxLoad: number, rows: number) {
    this.#maxLoad = maxLoad;
    this.#rows = rows;
  }

  get rows(): number {
    return this.#rows;
  }

  /** The chunk could not be used, as too much went on meanwhile. Returns how long to rest before a smaller one is read. */
  again(rows: number): number {
    this.#rows = Math.max(1, Math.floor(Math.min(this.#rows, rows || this.#rows) / 2));
    this.#triesInVain += 1;
    return Math.min(LAST_REST_MS, FIRST_REST_MS * 2 ** (this.#triesInVain - 1));
  }

  landed(): void {
    this.#triesInVain = 0;
  }

  /** Returns how long to rest. */
  note({ rows, bytes, ms }: ChunkRead): number {
    if (rows === 0) return 0;
    const byTime = ms <= 0 ? this.#rows * 4 : (rows * TARGET_MS) / ms;
    const byBytes = (MOST_BYTES * rows) / Math.max(1, bytes);
    // At most four times as many at once: one chunk that was quick by chance must not make one that is not.
    const wanted = Math.max(LEAST_ROWS, Math.min(byTime, this.#rows * 4, MOST_ROWS));
    // Reading too few rows at once is slow; holding too many is worse.
    this.#rows = Math.max(1, Math.floor(Math.min(wanted, byBytes)));
    const msPerRow = ms / rows;
    if (ms < TELLING_MS) return 0;
    const best = (this.#bestMsPerRow = Math.min(msPerRow, this.#bestMsPerRow ?? msPerRow));
    const load = msPerRow / best;
    return load > this.#maxLoad ? Math.min(LONGEST_REST_MS, ms * load) : 0;
  }
}

/** How long to rest after rows that were owed: not at all as a rule, but where none is paid the same are read again. */
export function restAfterOwed({ restMs, paid }: { readonly restMs: number; readonly paid: number }): number {
  return paid > 0 ? restMs : Math.max(restMs, FIRST_REST_MS);
}
