/** Of the latest so many questions. */
const WINDOW = 20;
const MIN_FAILURES = 5;
const MIN_SHARE = 0.5;
const GOOD_PROBES = 2;
const FIRST_REST_MS = 1_000;
const LONGEST_REST_MS = 60_000;

/** What a question that was not put to a sick candidate is told as. */
export const candidateSick = 'candidate-sick';

/**
 * Asks a candidate that fails again and again less often. Closed: all questions pass. It opens when at least five and at least
 * half of the latest twenty failed. Open: none passes for 1 s, doubled each time up to a minute. Half-open: one at a time
 * passes; two good answers in a row close it, a failure opens it again. It is told the time, in milliseconds.
 */
export class CandidateHealth {
  #latest: boolean[] = [];
  #state: 'closed' | 'open' | 'half-open' = 'closed';
  #restMs = 0;
  #restUntil = 0;
  #isProbing = false;
  #goodProbes = 0;

  /** Whether a question may be asked; one that may must be settled. */
  admits(now: number): boolean {
    if (this.#state === 'closed') return true;
    if (this.#state === 'open' && now < this.#restUntil) return false;
    this.#state = 'half-open';
    if (this.#isProbing) return false;
    this.#isProbing = true;
    return true;
  }

  settle(isGood: boolean, now: number): void {
    if (this.#state === 'closed') this.#count(isGood, now);
    // What was asked before it opened says nothing about how it is since.
    else if (this.#state === 'half-open' && this.#isProbing) this.#probed(isGood, now);
  }

  #count(isGood: boolean, now: number): void {
    this.#latest = [...this.#latest, isGood].slice(-WINDOW);
    const failures = this.#latest.filter((good) => !good).length;
    if (failures >= MIN_FAILURES && failures >= this.#latest.length * MIN_SHARE) this.#open(now);
  }

  #probed(isGood: boolean, now: number): void {
    this.#isProbing = false;
    if (!isGood) {
      this.#open(now);
      return;
    }
    this.#goodProbes += 1;
    if (this.#goodProbes < GOOD_PROBES) return;
    this.#state = 'closed';
    this.#latest = [];
    this.#restMs = 0;
  }

  #open(now: number): void {
    this.#state = 'open';
    this.#goodProbes = 0;
    this.#restMs = Math.min(LONGEST_REST_MS, this.#restMs === 0 ? FIRST_REST_MS : this.#restMs * 2);
    this.#restUntil = now + this.#restMs;
  }
}
