/**
 * A fair sample of distinct things of which each is seen any number of times: those with the smallest hashes. Who keeps such
 * a sample need not know how many there are, two of them can be joined, and to see a thing again changes nothing (bottom-k
 * sketch: E. Cohen and H. Kaplan, "Summarizing Data using Bottom-k Sketches", PODC 2007).
 */
export class DistinctSample {
  readonly #size: number;
  /** In order; hashes in hex. */
  readonly #kept: string[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  /** Enters a hash if it belongs to the sample. False: it does not, or it was entered before. Hashes are spread evenly. */
  takes(hash: Uint8Array): boolean {
    const name = Buffer.from(hash).toString('hex');
    const last = this.#kept.at(-1);
    if (this.#kept.length >= this.#size && last !== undefined && name >= last) return false;
    const at = this.#placeOf(name);
    if (this.#kept[at] === name) return false;
    this.#kept.splice(at, 0, name);
    if (this.#kept.length > this.#size) this.#kept.pop();
    return true;
  }

  #placeOf(name: string): number {
    let [low, high] = [0, this.#kept.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#kept[middle]! < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Samples by name. Of too many the one that began first is let go: what it takes anew, the store has. */
export class SampleBook {
  readonly #maxSamples: number;
  readonly #samples = new Map<string, DistinctSample>();

  /** A full sample takes some 20 kB. */
  constructor(maxSamples = 600) {
    this.#maxSamples = maxSamples;
  }

  takes(name: string, size: number, hash: Uint8Array): boolean {
    let sample = this.#samples.get(name);
    if (!sample) {
      const [oldest] = this.#samples.keys();
      if (this.#samples.size >= this.#maxSamples && oldest !== undefined) this.#samples.delete(oldest);
      this.#samples.set(name, (sample = new DistinctSample(size)));
    }
    return sample.takes(hash);
  }
}
