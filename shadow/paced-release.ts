/** Milliseconds between two releases of what is held. */
const TURN_MS = 50;
/** Items per second that are let go of while nobody has to wait. */
const CALM_PER_SECOND = 250;
/** Times the budget at which what is held is worked off while users have to wait; at the budget itself it would never be. */
const ABOVE_BUDGET = 2;

export interface Pace {
  /** Whether users have to wait at present. */
  readonly isStrained: boolean;
  /** Items per second that may be new at present. */
  readonly perSecond: number;
}

/**
 * Lets through at once what comes now and then, and spreads what comes all at once: a burst that was saved up in a quiet time comes
 * just when users have come back. In the order in which it came.
 */
export class PacedRelease<T> {
  readonly #pace: () => Pace;
  readonly #release: (item: T) => void;
  #held: T[] = [];
  /** Items that may be let go of now. */
  #room = mostAtOnce(CALM_PER_SECOND);
  #turnedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(pace: () => Pace, release: (item: T) => void) {
    this.#pace = pace;
    this.#release = release;
  }

  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  add(item: T): void {
    this.#held.push(item);
    if (this.#timer === undefined) this.#turn();
  }

  /** Lets go of everything that is held, at once. */
  flush(): void {
    const held = this.clear();
    for (const item of held) this.#release(item);
  }

  /** Forgets what is held, and returns it. */
  clear(): readonly T[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const held = this.#held;
    this.#held = [];
    return held;
  }

  #turn(): void {
    this.#timer = undefined;
    const { isStrained, perSecond } = this.#pace();
    const rate = isStrained
      ? Math.min(CALM_PER_SECOND, ABOVE_BUDGET * perSecond)
      : Math.max(CALM_PER_SECOND, perSecond);
    const now = performance.now();
    this.#room = Math.min(mostAtOnce(rate), this.#room + ((now - this.#turnedAt) * rate) / 1_000);
    this.#turnedAt = now;
    const ready = this.#held.splice(0, Math.floor(this.#room));
    this.#room -= ready.length;
    // Before anything is let go of, which may add or forget items.
    if (this.#held.length > 0) {
      this.#timer = setTimeout(() => this.#turn(), TURN_MS);
      this.#timer.unref();
    }
    for (const item of ready) this.#release(item);
  }
}

/** What a turn may let go of; one at least, however slow the rate. */
function mostAtOnce(rate: number): number {
  return Math.max(1, (rate * TURN_MS) / 1_000);
}
