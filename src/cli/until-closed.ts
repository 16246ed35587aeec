import type { Output } from './io.ts';

/** Writes until Ctrl-C or until nobody reads any more: both are ends like any other, and no failures. */
export class UntilClosed implements Disposable {
  readonly #output: Output;
  readonly #ended = new AbortController();
  readonly #onInterrupt = (): void => this.#ended.abort();

  constructor(output: Output) {
    this.#output = output;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, this.#onInterrupt);
    // A pipe that was closed (EPIPE) fails the next write; without a listener that would end the process.
    output.on?.('error', () => this.#ended.abort());
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** Waits while the reader is slower than what comes, so that nothing piles up here. */
  async write(text: string): Promise<void> {
    if (this.#ended.signal.aborted || this.#output.write(text) !== false || !this.#output.once) return;
    await new Promise<void>((resolve) => {
      this.#output.once?.('drain', resolve);
      this.#ended.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  [Symbol.dispose](): void {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, this.#onInterrupt);
  }
}
