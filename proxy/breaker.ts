// Nothing here does I/O or reads a clock: every call is told the time, in milliseconds of any clock that never goes back.

const SLOT_MS = 100;
const SLOTS = 100;
const MIN_FAILURES = 5;
const MIN_SHARE = 0.5;
const CONSECUTIVE = 5;
const PROBES = 3;
const FIRST_REST_MS = 1_000;
const LONGEST_REST_MS = 30_000;

/** Why a breaker opened. Each is kept as evidence. */
export type OpeningCause =
  /** So many questions in a row failed. */
  | 'consecutive'
  /** Half of the questions of the last second failed or were slow. */
  | 'last-second'
  /** The same over ten seconds, for features that are asked seldom. */
  | 'last-ten-seconds'
  /** It was open, and the question that was to show that the candidate is well again failed. */
  | 'probe-failed';

export interface Opening {
  readonly cause: OpeningCause;
  /** Questions that failed or were slow in the last ten seconds. */
  readonly failures: number;
  /** All questions of the last ten seconds. */
  readonly total: number;
  /** Milliseconds until the candidate is asked again. */
  readonly restMs: number;
}

/** A question that the breaker let through. `settle` or `withdraw` must be called with it once. */
export interface Ticket {
  readonly askedAt: number;
  readonly isProbe: boolean;
  /** Questions from before the breaker changed its state say nothing about the state it is in. */
  readonly era: number;
  /** Counted as slow while it was still with the candidate. */
  isCounted: boolean;
}

export type BreakerState = 'closed' | 'open' | 'half-open';

/**
 * Keeps users away from a candidate that fails. Closed: everything passes and is counted. It opens after 5 failures in a
 * row, or when at least 5 and at least half of the questions of the last second, or of the last ten, failed or took
 * longer than `slowMs`; a question that hangs is counted as soon as it is that old. Open: nothing passes for 1 s, doubled
 * each time up to 30 s. Half-open: one question at a time passes; 3 good ones in a row close it, a bad one opens it again.
 */
export class Breaker {
  readonly #slowMs: number;
  readonly #totals = new Uint32Array(SLOTS);
  readonly #failures = new Uint32Array(SLOTS);
  readonly #asked = new Set<Ticket>();
  #slot = 0;
  #consecutive = 0;
  #state: BreakerState = 'closed';
  #era = 0;
  #restMs = 0;
  #restUntil = 0;
  #closedAt = 0;
  #isProbing = false;
  #goodProbes = 0;

  /** `slowMs`: an answer that takes longer counts against the candidate, although the user gets it. */
  constructor(slowMs: number) {
    this.#slowMs = slowMs;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Whether a question would be let through now. Takes no place, so it may be asked before a fence is waited for. */
  wouldPass(now: number): boolean {
    if (this.#state === 'closed') return true;
    if (this.#state === 'open') return now >= this.#restUntil;
    return !this.#isProbing;
  }

  /** A ticket for one question, or undefined: legacy answers. */
  admit(now: number): Ticket | undefined {
    if (!this.wouldPass(now)) return undefined;
    if (this.#state === 'open') {
      this.#state = 'half-open';
      this.#goodProbes = 0;
      this.#era += 1;
    }
    const ticket = { askedAt: now, isProbe: this.#state === 'half-open', era: this.#era, isCounted: false };
    if (ticket.isProbe) this.#isProbing = true;
    else this.#asked.add(ticket);
    return ticket;
  }

  /** Looks for questions that hang. Cheap; called whenever somebody asks. Returns the opening it led to, if any. */
  tick(now: number): Opening | undefined {
    for (const ticket of this.#asked) {
      if (now - ticket.askedAt < this.#slowMs) break;
      this.#asked.delete(ticket);
      ticket.isCounted = true;
      this.#count(now, true);
    }
    return this.#state === 'closed' ? this.#openIfBad(now) : undefined;
  }

  /** Closed, and nothing remembered: what was before happened to another candidate. */
  reset(): void {
    this.#forget();
    this.#state = 'closed';
    this.#restMs = 0;
  }

  /** What became of a question. Returns the opening it led to, if any. */
  settle(now: number, ticket: Ticket, isGood: boolean): Opening | undefined {
    this.#asked.delete(ticket);
    if (ticket.era !== this.#era) return undefined;
    if (ticket.isProbe) return this.#settleProbe(now, isGood && now - ticket.askedAt < this.#slowMs);
    const isSlow = now - ticket.askedAt >= this.#slowMs;
    if (!ticket.isCounted) this.#count(now, !isGood || isSlow);
    this.#consecutive = isGood ? 0 : this.#consecutive + 1;
    return isGood && !isSlow ? undefined : this.#openIfBad(now);
  }

  /**
   * In place of `settle` for a question that the candidate was not asked, because too many were with it already. That says
   * nothing of how it answers; but when there is no room for a probe, those from before its rest are with it still.
   */
  withdraw(now: number, ticket: Ticket): Opening | undefined {
    if (ticket.isProbe) return this.settle(now, ticket, false);
    this.#asked.delete(ticket);
    return undefined;
  }

  #settleProbe(now: number, isGood: boolean): Opening | undefined {
    this.#isProbing = false;
    if (!isGood) return this.#open(now, 'probe-failed');
    this.#goodProbes += 1;
    if (this.#goodProbes < PROBES) return undefined;
    this.#state = 'closed';
    this.#closedAt = now;
    this.#forget();
    return undefined;
  }

  #openIfBad(now: number): Opening | undefined {
    if (this.#consecutive >= CONSECUTIVE) return this.#open(now, 'consecutive');
    if (this.#isBad(now, 1_000 / SLOT_MS)) return this.#open(now, 'last-second');
    if (this.#isBad(now, SLOTS)) return this.#open(now, 'last-ten-seconds');
    return undefined;
  }

  #open(now: number, cause: OpeningCause): Opening {
    const { failures, total } = this.#sums(now, SLOTS);
    // Well for as long as the longest rest: what was before is another story.
    const isRecurring = this.#restMs > 0 && (cause === 'probe-failed' || now - this.#closedAt < LONGEST_REST_MS);
    this.#restMs = isRecurring ? Math.min(LONGEST_REST_MS, this.#restMs * 2) : FIRST_REST_MS;
    this.#restUntil = now + this.#restMs;
    this.#state = 'open';
    this.#forget();
    return { cause, failures, total, restMs: this.#restMs };
  }

  #forget(): void {
    this.#era += 1;
    this.#isProbing = false;
    this.#consecutive = 0;
    this.#totals.fill(0);
    this.#failures.fill(0);
    this.#asked.clear();
  }

  #isBad(now: number, slots: number): boolean {
    const { failures, total } = this.#sums(now, slots);
    return failures >= MIN_FAILURES && failures >= total * MIN_SHARE;
  }

  #count(now: number, isFailure: boolean): void {
    const at = this.#turnTo(now) % SLOTS;
    this.#totals[at]! += 1;
    if (isFailure) this.#failures[at]! += 1;
  }

  #sums(now: number, slots: number): { failures: number; total: number } {
    const latest = this.#turnTo(now);
    let failures = 0;
    let total = 0;
    for (let slot = Math.max(0, latest - slots + 1); slot <= latest; slot += 1) {
      failures += this.#failures[slot % SLOTS]!;
      total += this.#totals[slot % SLOTS]!;
    }
    return { failures, total };
  }

  /** Empties the slots that time has passed by since the last call; returns the present one. */
  #turnTo(now: number): number {
    const slot = Math.max(this.#slot, Math.floor(now / SLOT_MS));
    if (slot - this.#slot >= SLOTS) {
      this.#totals.fill(0);
      this.#failures.fill(0);
    } else {
      for (let passed = this.#slot + 1; passed <= slot; passed += 1) {
        this.#totals[passed % SLOTS] = 0;
        this.#failures[passed % SLOTS] = 0;
      }
    }
    this.#slot = slot;
    return slot;
  }
}
