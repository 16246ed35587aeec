/** Lets several that look at different things begin at one moment, so that nothing is shown before all see. No I/O. */
export class StartTogether {
  readonly #onStart: () => void;
  readonly #started: Promise<void>;
  #start!: () => void;
  #missing: number;

  constructor(count: number, onStart: () => void) {
    this.#missing = count;
    this.#onStart = onStart;
    this.#started = new Promise((resolve) => (this.#start = resolve));
  }

  get hasBegun(): boolean {
    return this.#missing === 0;
  }

  /** Resolves when all have come, or the signal has aborted. */
  async arrive(signal: AbortSignal): Promise<void> {
    this.#missing -= 1;
    if (this.#missing === 0) {
      this.#onStart();
      this.#start();
    }
    if (signal.aborted) return;
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([this.#started, aborted]);
  }
}
