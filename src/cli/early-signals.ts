/** The part of `process` that is listened to. */
interface SignalHost {
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

/**
 * Keeps signals that come before their listeners are there: without one, each would end the process. Needs no other module, so
 * that it can be there before anything else is loaded, which takes half a second.
 */
export class EarlySignals {
  readonly #host: SignalHost;
  readonly #came = new Set<string>();
  readonly #listeners = new Map<string, () => void>();

  constructor(host: SignalHost, signals: readonly string[]) {
    this.#host = host;
    for (const signal of signals) {
      const listener = (): void => void this.#came.add(signal);
      this.#listeners.set(signal, listener);
      host.on(signal, listener);
    }
  }

  /** Whether it came. Called by who listens to it from now on, and does already. */
  take(signal: string): boolean {
    const listener = this.#listeners.get(signal);
    if (listener) this.#host.off(signal, listener);
    this.#listeners.delete(signal);
    return this.#came.delete(signal);
  }
}
