/**
 * Says that whoever waits for an answer is gone. Does what an AbortSignal does, at a fraction of its price, which every
 * request would have to pay.
 */
export class Gone {
  #aborted = false;
  /** Nearly always the only one. */
  #first: (() => void) | undefined;
  #others: (() => void)[] | undefined;

  get aborted(): boolean {
    return this.#aborted;
  }

  abort(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    const first = this.#first;
    const others = this.#others;
    this.#first = undefined;
    this.#others = undefined;
    first?.();
    if (others) for (const listener of others) listener();
  }

  /** Calls at most once, in the order of asking; must not be asked after the fact, and listeners must not throw. */
  onAbort(listener: () => void): void {
    if (this.#first === undefined && this.#others === undefined) this.#first = listener;
    else (this.#others ??= []).push(listener);
  }

  off(listener: () => void): void {
    if (this.#first === listener) this.#first = undefined;
    else if (this.#others?.includes(listener) === true) {
      this.#others = this.#others.filter((other) => other !== listener);
    }
  }
}
