/**
 * Shares one query among those who ask at the same time. Who asks while it runs shares the next one, which starts after they
 * asked: so every answer is late enough, and there is never more than one under way.
 */
export class NextQuery<T> {
  readonly #query: () => Promise<T>;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<T> | undefined;

  constructor(query: () => Promise<T>) {
    this.#query = query;
  }

  /** Rejects as its query does; the next ask begins another. */
  ask(): Promise<T> {
    this.#next ??= this.#running.then(
      () => this.#begin(),
      () => this.#begin(),
    );
    return this.#next;
  }

  #begin(): Promise<T> {
    // From here on new callers need a query of their own: this one may read before they asked.
    this.#next = undefined;
    const running = this.#query();
    this.#running = running;
    return running;
  }
}
