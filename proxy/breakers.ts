import type { CandidateResult } from '../src/kernel/candidate.ts';
import { describeError } from '../src/kernel/fig-error.ts';
import type { Log } from '../src/kernel/log.ts';
import type { RoutingSnapshot } from '../src/kernel/phase.ts';
import { Breaker, type BreakerState, type Opening, type Ticket } from './breaker.ts';

export interface BreakerOpening extends Opening {
  readonly feature: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface BreakersOptions {
  readonly features: readonly { readonly name: string; readonly candidateTimeoutMs: number }[];
  /** Told of each opening, at once and outside of any user's path as far as it waits for anything. */
  readonly onOpen: (opening: BreakerOpening) => void;
  readonly log: Log;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: (() => number) | undefined;
}

/** An answer that takes more than this share of its time is slow: the user got it, but only just. */
const SLOW_SHARE = 0.9;

/** One breaker per feature, in the memory of this proxy: another proxy may have another way to the candidate. */
export class Breakers {
  readonly #breakers: ReadonlyMap<string, Breaker>;
  readonly #options: BreakersOptions;
  readonly #now: () => number;
  /** Features that their candidate serves, with the version that does. */
  readonly #serving = new Map<string, number | undefined>();
  #learned: RoutingSnapshot | undefined;

  constructor(options: BreakersOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#breakers = new Map(
      options.features.map(({ name, candidateTimeoutMs }) => [name, new Breaker(candidateTimeoutMs * SLOW_SHARE)]),
    );
  }

  /**
   * Must see every snapshot: a feature that begins to be served by its candidate has been judged fit for it anew, and of
   * another version that takes over, what befell the one before says nothing.
   */
  learn(routing: RoutingSnapshot): void {
    if (routing === this.#learned) return;
    this.#learned = routing;
    for (const [feature, breaker] of this.#breakers) {
      const { reads, version } = routing.features.get(feature) ?? {};
      const isServing = reads?.phase === 'canary' || reads?.phase === 'live';
      if (isServing && !this.#isServedBy(feature, version)) breaker.reset();
      if (isServing) this.#serving.set(feature, version);
      else this.#serving.delete(feature);
    }
  }

  /** Whether the candidate of a feature is to be asked at all. */
  isOpen(feature: string): boolean {
    const breaker = this.#breakers.get(feature);
    if (breaker === undefined) return false;
    const now = this.#now();
    this.#tell(feature, breaker.tick(now));
    return !breaker.wouldPass(now);
  }

  /** Runs one question to a version through the breaker; undefined, and nothing was asked, when it is open. */
  async through(
    feature: string,
    version: number | undefined,
    ask: () => Promise<CandidateResult>,
  ): Promise<CandidateResult | undefined> {
    const breaker = this.#breakers.get(feature);
    // A request from before a swap, which has waited for its fence, says nothing of the version that serves since.
    const isLate = this.#serving.has(feature) && !this.#isServedBy(feature, version);
    if (breaker === undefined || isLate) return await ask();
    const ticket: Ticket | undefined = breaker.admit(this.#now());
    if (ticket === undefined) return undefined;
    let result: CandidateResult | undefined;
    try {
      result = await ask();
      return result;
    } finally {
      const now = this.#now();
      const wasAsked = result === undefined || result.ok || result.failure !== 'busy';
      const opening = wasAsked ? breaker.settle(now, ticket, result?.ok === true) : breaker.withdraw(now, ticket);
      this.#tell(feature, opening);
    }
  }

  states(): Readonly<Record<string, BreakerState>> {
    return Object.fromEntries([...this.#breakers].map(([feature, breaker]) => [feature, breaker.state]));
  }

  #isServedBy(feature: string, version: number | undefined): boolean {
    return this.#serving.has(feature) && this.#serving.get(feature) === version;
  }

  #tell(feature: string, opening: Opening | undefined): void {
    if (opening === undefined) return;
    const { log, onOpen } = this.#options;
    log.warn({ feature, ...opening }, 'the breaker opened: legacy answers until the candidate is well again');
    try {
      onOpen({ ...opening, feature, at: Date.now() });
    } catch (error) {
      log.error({ feature, error: describeError(error) }, 'an opening of the breaker could not be kept as evidence');
    }
  }
}
