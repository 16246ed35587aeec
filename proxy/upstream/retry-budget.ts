/** Retries per request that are allowed in the long run. */
const SHARE = 0.1;
/** Retries that may be saved up. */
const MOST = 10;

/**
 * Keeps retries from turning a sick upstream into a dead one: they may be a tenth of the requests, and ten at once (the
 * retry budget of Finagle and Envoy).
 */
export class RetryBudget {
  #saved = MOST;

  deposit(): void {
    this.#saved = Math.min(MOST, this.#saved + SHARE);
  }

  /** Whether a retry is allowed; it is then taken off. */
  withdraw(): boolean {
    if (this.#saved < 1) return false;
    this.#saved -= 1;
    return true;
  }
}
