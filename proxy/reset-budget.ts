/** Resets that a client may have saved up: a page with a full set of pictures that is left at once, and another. */
const MOST = 256;
const PER_SECOND = 20;

/**
 * How many answers a client of HTTP/2 may give up before they are out. Each has cost legacy a connection and a question, and
 * the client next to nothing (CVE-2023-44487). Does no I/O and reads no clock.
 */
export class ResetBudget {
  #saved = MOST;
  #at = 0;

  /** `now`: milliseconds of a clock that never goes back. False: that was one too many. */
  spend(now: number): boolean {
    this.#saved = Math.min(MOST, this.#saved + ((now - this.#at) / 1_000) * PER_SECOND);
    this.#at = now;
    this.#saved -= 1;
    return this.#saved >= 0;
  }
}
