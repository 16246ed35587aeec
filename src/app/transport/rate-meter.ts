const WINDOW_MS = 10_000;

interface Reading {
  readonly total: number;
  readonly atMs: number;
}

/** How fast a total grows, over the last ten seconds. No I/O. */
export class RateMeter {
  #readings: Reading[] = [];

  /** A total that is smaller than before begins anew. */
  add(total: number, atMs: number): void {
    if (total < (this.#readings.at(-1)?.total ?? 0)) this.#readings = [];
    this.#readings.push({ total, atMs });
    // One from before the window stays, so that the window is always full.
    while ((this.#readings[1]?.atMs ?? atMs) < atMs - WINDOW_MS) this.#readings.shift();
  }

  /** Undefined until there are two readings. */
  perSecond(): number | undefined {
    const [first] = this.#readings;
    const last = this.#readings.at(-1);
    if (!first || !last || last.atMs === first.atMs) return undefined;
    return ((last.total - first.total) * 1_000) / (last.atMs - first.atMs);
  }
}
