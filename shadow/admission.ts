/** Pairs per second that are compared however strained the process is: below it there is no evidence to speak of. */
const FLOOR_PER_SECOND = 50;
/** Pairs that a burst may take at once after a quiet time: half of what the feed holds. It is worked off when the users are gone. */
const MAX_BURST = 500;
/** The same in seconds of the upper bound, for bounds that are meant to be low. */
const BURST_SECONDS = 5;
/** Share of the upper bound by which the budget grows with each window that used it up without strain. */
const GROWTH = 0.01;
/** How much the last window counts in what the next one is expected to bring. */
const FORGETTING = 0.5;

export interface AdmissionOptions {
  /** Upper bound of pairs per second. */
  readonly maxPerSecond: number;
  /** Upper bounds of features that have one of their own, besides that of all. */
  readonly featureMaxPerSecond?: ReadonlyMap<string, number> | undefined;
  /** From 0 up to, not including, 1. Default Math.random. */
  readonly random?: (() => number) | undefined;
}

/** A bound of one feature. */
interface FeatureBound {
  readonly perSecond: number;
  readonly burst: number;
  tokens: number;
}

interface Stratum {
  asked: number;
  /** Questions per window, smoothed. */
  expected: number;
  /** Probability with which a question is taken. */
  share: number;
}

/**
 * Decides which questions are compared, before anything is known of their answers: what is compared is a fair sample of each
 * route. The budget is divided so that no route gets less than another that wants more (max-min fairness, Bertsekas and
 * Gallager, Data Networks, 6.5.2); it begins low and doubles until the first strain, is halved by strain, and grows
 * back in steps, but only while it is used up (as TCP does: RFC 5681, 3.1; RFC 7661).
 *
 * Time passes by `tick` alone, so that everything here is decided by values.
 */
export class Admission {
  readonly #max: number;
  readonly #floor: number;
  readonly #burst: number;
  readonly #random: () => number;
  readonly #features = new Map<string, Map<string, Stratum>>();
  readonly #bounds: ReadonlyMap<string, FeatureBound>;
  #perSecond: number;
  /** Up to here it doubles. */
  #threshold = Number.POSITIVE_INFINITY;
  #taken = 0;
  #tokens: number;

  constructor({ maxPerSecond, featureMaxPerSecond = new Map(), random = Math.random }: AdmissionOptions) {
    this.#max = maxPerSecond;
    this.#floor = Math.min(FLOOR_PER_SECOND, maxPerSecond);
    this.#random = random;
    this.#perSecond = this.#floor;
    this.#burst = burstOf(maxPerSecond);
    this.#bounds = new Map(
      [...featureMaxPerSecond].map(([feature, perSecond]) => {
        const burst = burstOf(perSecond);
        return [feature, { perSecond, burst, tokens: burst }];
      }),
    );
    this.#tokens = this.#burst;
  }

  /** Pairs per second that are admitted at present. */
  get perSecond(): number {
    return this.#perSecond;
  }

  /** Whether this question is to be compared. */
  admits(feature: string, route: string): boolean {
    const stratum = this.#stratumOf(feature, route);
    stratum.asked += 1;
    if (stratum.share < 1 && this.#random() >= stratum.share) return false;
    const bound = this.#bounds.get(feature);
    if (this.#tokens < 1 || (bound !== undefined && bound.tokens < 1)) return false;
    this.#tokens -= 1;
    if (bound !== undefined) bound.tokens -= 1;
    this.#taken += 1;
    return true;
  }

  /** Ends a window of `elapsedMs`. `isStrained`: users had to wait, or the comparator did not keep up. */
  tick(elapsedMs: number, isStrained: boolean): void {
    this.#adapt(elapsedMs, isStrained);
    // Above what a burst may take, a second's budget: otherwise that, and not the budget, would be the bound.
    const most = Math.max(this.#burst, this.#perSecond);
    this.#tokens = Math.min(most, this.#tokens + (this.#perSecond * elapsedMs) / 1_000);
    // What a feature may not have by its own bound, it does not take from others.
    const wanting = [...this.#features].flatMap(([feature, routes]) => {
      const own = this.#levelWithin(feature, [...routes.values()], elapsedMs);
      return [...routes.values()].map((stratum) => ({ stratum, wanted: Math.min(stratum.expected, own) }));
    });
    const level = fairLevel(
      wanting.map(({ wanted }) => wanted),
      withReserve(this.#tokens),
    );
    for (const { stratum, wanted } of wanting) {
      const had = Math.min(wanted, level);
      stratum.share = stratum.expected <= had ? 1 : had / stratum.expected;
    }
  }

  /** Ends the window for the routes of one feature. Returns what each of them may have at most by the feature's own bound. */
  #levelWithin(feature: string, strata: readonly Stratum[], elapsedMs: number): number {
    for (const stratum of strata) {
      stratum.expected += FORGETTING * (stratum.asked - stratum.expected);
      stratum.asked = 0;
    }
    const bound = this.#bounds.get(feature);
    if (bound === undefined) return Number.POSITIVE_INFINITY;
    const most = Math.max(bound.burst, bound.perSecond);
    bound.tokens = Math.min(most, bound.tokens + (bound.perSecond * elapsedMs) / 1_000);
    return fairLevel(
      strata.map(({ expected }) => expected),
      withReserve(bound.tokens),
    );
  }

  #adapt(elapsedMs: number, isStrained: boolean): void {
    const isUsedUp = this.#taken >= (this.#perSecond * elapsedMs) / 2_000;
    this.#taken = 0;
    if (isStrained) this.#perSecond = this.#threshold = Math.max(this.#floor, this.#perSecond / 2);
    else if (isUsedUp) {
      const grown = this.#perSecond < this.#threshold ? 2 * this.#perSecond : this.#perSecond + this.#max * GROWTH;
      this.#perSecond = Math.min(this.#max, grown);
    }
  }

  #stratumOf(feature: string, route: string): Stratum {
    let routes = this.#features.get(feature);
    if (routes === undefined) this.#features.set(feature, (routes = new Map()));
    let stratum = routes.get(route);
    if (stratum === undefined) routes.set(route, (stratum = { asked: 0, expected: 0, share: 1 }));
    return stratum;
  }
}

function burstOf(perSecond: number): number {
  return Math.min(MAX_BURST, Math.max(1, BURST_SECONDS * perSecond));
}

/**
 * What a window shares out of what there is. How many are drawn is a matter of chance; if all were shared out, it would run
 * out before the end of every second window, which would be unfair to whoever asks last, rare routes among them. So three
 * standard deviations of the number drawn are kept back, at most half. What is left over is there for the next window.
 */
function withReserve(tokens: number): number {
  return Math.max(tokens / 2, tokens - 3 * Math.sqrt(tokens));
}

/**
 * What everybody may have at most, so that those who want less get all they want and the budget is used up and not exceeded:
 * sum of min(demand, level) = budget. Infinity when there is enough for all.
 */
export function fairLevel(demands: readonly number[], budget: number): number {
  let rest = budget;
  const rising = demands.toSorted((a, b) => a - b);
  for (const [index, demand] of rising.entries()) {
    const equal = rest / (rising.length - index);
    if (demand > equal) return equal;
    rest -= demand;
  }
  return Number.POSITIVE_INFINITY;
}
