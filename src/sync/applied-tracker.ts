import type { AppliedPosition, Position } from '../kernel/position.ts';

interface Waiter {
  readonly position: Position;
  readonly wake: (reached: boolean) => void;
}

/** Holds how far a read model is and wakes those who wait for it, in the tick in which it gets there. */
export class AppliedTracker implements AppliedPosition {
  readonly #waiters = new Set<Waiter>();
  #current: Position | undefined;

  current(): Position | undefined {
    return this.#current;
  }

  /** undefined: the read model cannot be trusted now. Positions never go back while it can. */
  set(position: Position | undefined): void {
    this.#current = position;
    if (position === undefined) return;
    for (const waiter of this.#waiters) {
      if (waiter.position <= position) waiter.wake(true);
    }
  }

  async waitFor(position: Position, budgetMs: number): Promise<boolean> {
    if (this.#current !== undefined && this.#current >= position) return true;
    return new Promise((resolve) => {
      const waiter: Waiter = {
        position,
        wake: (reached) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve(reached);
        },
      };
      const timer = setTimeout(() => waiter.wake(false), budgetMs);
      this.#waiters.add(waiter);
    });
  }
}
