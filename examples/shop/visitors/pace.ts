// Nothing here waits or sends: when the next request is due, as a function of the time.

/**
 * An open-loop pace: requests are due at even distances whether or not earlier ones were answered. What was missed is
 * dropped, never made up for, so that a pause is not followed by a burst.
 */
export class Pace {
  readonly #everyMs: number;
  #nextAt: number;

  constructor(perSecond: number, now: number) {
    this.#everyMs = 1_000 / perSecond;
    this.#nextAt = now;
  }

  /** Milliseconds until the next request is due; 0 when it is due now. */
  restMs(now: number): number {
    return Math.max(0, this.#nextAt - now);
  }

  /** Tells that `requests` are being sent now. */
  spend(requests: number, now: number): void {
    this.#nextAt = Math.max(this.#nextAt, now - this.#everyMs) + requests * this.#everyMs;
  }

  /** Nothing is due before then. */
  pauseUntil(time: number): void {
    this.#nextAt = Math.max(this.#nextAt, time);
  }
}

/** Milliseconds to leave a shop alone that was unreachable `failures` times in a row: 250, doubled, at most 5,000. */
export function backOffMs(failures: number): number {
  return Math.min(5_000, 250 * 2 ** Math.min(failures - 1, 10));
}
