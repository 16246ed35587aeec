/** Each bucket ends 10 % above its beginning. */
const GROWTH = 1.1;
const SMALLEST = 0.1;
const LARGEST = 600_000;
const BUCKETS = Math.ceil(Math.log(LARGEST / SMALLEST) / Math.log(GROWTH)) + 1;
const LOG_GROWTH = Math.log(GROWTH);

/** A histogram as it travels between processes. */
export interface HistogramDump {
  readonly counts: Uint32Array;
  readonly least: number;
  readonly greatest: number;
}

/**
 * Counts durations in buckets that grow by 10 %, from 0.1 ms to 10 minutes, in about 650 bytes whatever the number of
 * observations. A percentile is off by at most 5 % of its value (sqrt(1.1) - 1 = 4.9 %); values under 0.1 ms read as up
 * to 0.1 ms, values over 10 minutes as the largest one seen.
 */
export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;
  #least = Number.POSITIVE_INFINITY;
  #greatest = 0;

  get total(): number {
    return this.#total;
  }

  /** Values that are no duration (negative, NaN) count as 0. */
  observe(milliseconds: number): void {
    const value = milliseconds > 0 ? milliseconds : 0;
    this.#counts[bucketOf(value)]! += 1;
    this.#total += 1;
    if (value < this.#least) this.#least = value;
    if (value > this.#greatest) this.#greatest = value;
  }

  dump(): HistogramDump {
    return { counts: this.#counts.slice(), least: this.#least, greatest: this.#greatest };
  }

  /** Adds what another one counted. */
  absorb({ counts, least, greatest }: HistogramDump): void {
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      const count = counts[bucket] ?? 0;
      this.#counts[bucket]! += count;
      this.#total += count;
    }
    this.#least = Math.min(this.#least, least);
    this.#greatest = Math.max(this.#greatest, greatest);
  }

  /** The value that a share of the observations (0 to 1) does not exceed; 0 with no observations. */
  percentile(share: number): number {
    if (this.#total === 0) return 0;
    const rank = Math.max(1, Math.ceil(share * this.#total));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      seen += this.#counts[bucket]!;
      if (seen >= rank) return Math.min(this.#greatest, Math.max(this.#least, middleOf(bucket)));
    }
    return this.#greatest;
  }
}

function bucketOf(value: number): number {
  if (value <= SMALLEST) return 0;
  return Math.min(BUCKETS - 1, 1 + Math.floor(Math.log(value / SMALLEST) / LOG_GROWTH));
}

/** The geometric middle, which halves the worst relative error; the two open ends lean on the values seen. */
function middleOf(bucket: number): number {
  if (bucket === 0) return SMALLEST;
  if (bucket === BUCKETS - 1) return Number.POSITIVE_INFINITY;
  return SMALLEST * GROWTH ** (bucket - 0.5);
}
