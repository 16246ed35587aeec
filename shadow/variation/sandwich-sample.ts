export interface SandwichSampleOptions {
  /** Share of the comparisons that are drawn, 0 to 1. */
  readonly share: number;
  /** Drawn per second at most. */
  readonly maxPerSecond: number;
  /** From 0 up to, not including, 1. Default Math.random. */
  readonly random?: (() => number) | undefined;
}

/** Which comparisons legacy is asked once more for, although nothing differs: a share of them, and never many in a second. */
export class SandwichSample {
  readonly #options: SandwichSampleOptions;
  #freeAt = Number.NEGATIVE_INFINITY;

  constructor(options: SandwichSampleOptions) {
    this.#options = options;
  }

  /** `now` in milliseconds. */
  draws(now: number): boolean {
    const { share, maxPerSecond, random = Math.random } = this.#options;
    if (now < this.#freeAt || random() >= share) return false;
    this.#freeAt = now + 1_000 / maxPerSecond;
    return true;
  }
}
