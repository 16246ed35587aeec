/** Of the latest so many answers. */
const WINDOW = 20;
const STRAINED_FROM = 0.5;
const RELIEVED_BELOW = 0.25;
/** Times the route's best, and at least so many milliseconds. */
const SLOW_TIMES = 4;
const SLOW_FROM_MS = 100;
/** How much of what an answer takes longer the best moves: minutes of it are a new normal. */
const DRIFT = 0.000_1;
const MAX_ROUTES = 1_000;
const NO_MORE_QUESTIONS_AFTER_MS = 2_000;
const NO_MORE_COPIES_AFTER_MS = 10_000;
/** So many copies a second are still taken, to see whether it is over. */
const STILL_TAKEN_EVERY_MS = 500;

/** What a question that is not put to a strained legacy is told as. */
export const legacyStrain = 'legacy-strain';

/**
 * Whether legacy has more to do than it can: half of its latest answers were four times slower than the route's best, or were
 * 429 or 503. Then the shadow asks it nothing of its own, and after ten seconds compares nothing more, since users wait
 * longer already. It is told the time, in milliseconds.
 */
export class LegacyStrain {
  readonly #best = new Map<string, number>();
  #latest: boolean[] = [];
  #since: number | undefined;
  #takenAt = Number.NEGATIVE_INFINITY;

  saw(route: string, status: number, tookMs: number, now: number): void {
    const isBad = status === 429 || status === 503 || this.#isSlow(route, tookMs);
    this.#latest = [...this.#latest, isBad].slice(-WINDOW);
    const share = this.#latest.filter(Boolean).length / this.#latest.length;
    if (share < RELIEVED_BELOW) this.#since = undefined;
    else if (this.#latest.length * 2 >= WINDOW && share >= STRAINED_FROM) this.#since ??= now;
  }

  /** Whether the shadow may ask it something of its own. */
  mayAsk(now: number): boolean {
    return this.#since === undefined || now - this.#since < NO_MORE_QUESTIONS_AFTER_MS;
  }

  /** Whether a user's question may be copied to be compared. */
  mayCopy(now: number): boolean {
    if (this.#since === undefined || now - this.#since < NO_MORE_COPIES_AFTER_MS) return true;
    if (now - this.#takenAt < STILL_TAKEN_EVERY_MS) return false;
    this.#takenAt = now;
    return true;
  }

  #isSlow(route: string, tookMs: number): boolean {
    const best = this.#best.get(route);
    if (best === undefined) {
      if (this.#best.size < MAX_ROUTES) this.#best.set(route, tookMs);
      return false;
    }
    this.#best.set(route, tookMs < best ? tookMs : best + (tookMs - best) * DRIFT);
    return tookMs >= SLOW_FROM_MS && tookMs > best * SLOW_TIMES;
  }
}
