import type { AppliedPosition, Position } from '../src/kernel/position.ts';

declare global {
  // Node 20 has it; TypeScript's es2023 library does not.
  interface Atomics {
    waitAsync?(
      view: BigInt64Array,
      index: number,
      value: bigint,
    ): { readonly async: false } | { readonly async: true; readonly value: Promise<string> };
  }
}

/** Stands for "not to be trusted". No log is ever this long: positions stay below 2^63. */
const UNTRUSTED = -1n;
const POLL_MS = 5;

/** Applied positions of features in memory that threads share. */
export interface SharedPositions {
  readonly buffer: SharedArrayBuffer;
  /** Undefined: the read model cannot be trusted now. Wakes whoever waits. Throws a RangeError on an unknown feature. */
  publish(feature: string, position: Position | undefined): void;
  /** How often keys of the feature's read model have been parked. Must be told before a position that they miss. */
  park(feature: string, parkings: number): void;
}

/** Positions of these features, in this order, all untrusted at first. */
export function createSharedPositions(features: readonly string[]): SharedPositions {
  const count = Math.max(1, features.length);
  const buffer = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT * count * 2);
  const view = new BigInt64Array(buffer).fill(UNTRUSTED, 0, count);
  const indexOf = (feature: string): number => {
    const index = features.indexOf(feature);
    if (index < 0) throw new RangeError(`there is no feature ${feature} whose position is shared`);
    return index;
  };
  return {
    buffer,
    park: (feature, parkings) => {
      Atomics.store(view, count + indexOf(feature), BigInt(parkings));
    },
    publish: (feature, position) => {
      const index = indexOf(feature);
      Atomics.store(view, index, position ?? UNTRUSTED);
      Atomics.notify(view, index);
    },
  };
}

/** How often keys of the feature at this index have been parked. */
export function parkingsIn(buffer: SharedArrayBuffer, index: number): number {
  const view = new BigInt64Array(buffer);
  return Number(Atomics.load(view, view.length / 2 + index));
}

interface Waiter {
  readonly position: Position;
  readonly done: (reached: boolean) => void;
}

/** One feature's position, as another thread publishes it. */
export class SharedPositionReader implements AppliedPosition {
  readonly #view: BigInt64Array;
  readonly #index: number;
  readonly #waiters = new Set<Waiter>();
  #isWatching = false;

  constructor(buffer: SharedArrayBuffer, index: number) {
    this.#view = new BigInt64Array(buffer);
    this.#index = index;
  }

  current(): Position | undefined {
    const position = Atomics.load(this.#view, this.#index);
    return position === UNTRUSTED ? undefined : position;
  }

  async waitFor(position: Position, budgetMs: number): Promise<boolean> {
    if (this.#isReached(position)) return true;
    if (budgetMs <= 0) return false;
    const reached = new Promise<boolean>((resolve) => {
      const done = (isReached: boolean): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        resolve(isReached);
      };
      const waiter: Waiter = { position, done };
      const timer = setTimeout(() => done(this.#isReached(position)), budgetMs);
      this.#waiters.add(waiter);
    });
    if (!this.#isWatching) void this.#watch();
    return reached;
  }

  #isReached(position: Position): boolean {
    const current = this.current();
    return current !== undefined && current >= position;
  }

  /** One watch for all waiters. It never rejects. */
  async #watch(): Promise<void> {
    this.#isWatching = true;
    while (this.#waiters.size > 0) {
      const seen = Atomics.load(this.#view, this.#index);
      for (const waiter of this.#waiters) {
        if (seen !== UNTRUSTED && seen >= waiter.position) waiter.done(true);
      }
      if (this.#waiters.size > 0) await changeFrom(this.#view, this.#index, seen);
    }
    this.#isWatching = false;
  }
}

/** Resolves when the value is, or may be, another one. */
async function changeFrom(view: BigInt64Array, index: number, seen: bigint): Promise<void> {
  if (!Atomics.waitAsync) {
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS);
    });
    return;
  }
  const waiting = Atomics.waitAsync(view, index, seen);
  if (waiting.async) await waiting.value;
}
