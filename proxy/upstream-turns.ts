import type { Gone } from './gone.ts';

/** A turn with the upstream. `release` may be called twice. */
export interface Turn {
  release(): void;
}

interface Waiter {
  readonly admit: (turn: Turn | undefined) => void;
}

/**
 * How many requests are with the upstream at once. One that finds it full waits in line for a bounded time. The line
 * itself needs no bound: whoever stands in it is in flight, and that number has its limit.
 */
export class UpstreamTurns {
  #max: number;
  #waitMs: number;
  readonly #line = new Set<Waiter>();
  #taken = 0;

  constructor(max: number, waitMs: number) {
    this.#max = max;
    this.#waitMs = waitMs;
  }

  /** Whoever waits now may go on at once if there are more turns now; who has one keeps it. */
  change(max: number, waitMs: number): void {
    this.#max = max;
    this.#waitMs = waitMs;
    for (const { admit } of this.#line) {
      const turn = this.take();
      if (turn === undefined) return;
      admit(turn);
    }
  }

  get taken(): number {
    return this.#taken;
  }

  get waiting(): number {
    return this.#line.size;
  }

  /** A turn, if there is one at once. */
  take(): Turn | undefined {
    if (this.#taken >= this.#max) return undefined;
    this.#taken += 1;
    return this.#turn();
  }

  /** A turn as soon as there is one; undefined when the wait takes too long or the client goes. Never rejects. */
  wait(gone: Gone): Promise<Turn | undefined> {
    if (gone.aborted || this.#waitMs <= 0) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const waiter: Waiter = {
        admit: (turn) => {
          clearTimeout(timer);
          gone.off(giveUp);
          this.#line.delete(waiter);
          resolve(turn);
        },
      };
      const giveUp = (): void => waiter.admit(undefined);
      const timer = setTimeout(giveUp, this.#waitMs);
      gone.onAbort(giveUp);
      this.#line.add(waiter);
    });
  }

  #turn(): Turn {
    return new HeldTurn(this.#release);
  }

  /** First come, first served: the place is never free in between, so nobody can jump the line. */
  readonly #release = (): void => {
    const [next] = this.#line;
    if (next === undefined || this.#taken > this.#max) this.#taken -= 1;
    else next.admit(this.#turn());
  };
}

class HeldTurn implements Turn {
  #giveBack: (() => void) | undefined;

  constructor(giveBack: () => void) {
    this.#giveBack = giveBack;
  }

  release(): void {
    const giveBack = this.#giveBack;
    this.#giveBack = undefined;
    giveBack?.();
  }
}
