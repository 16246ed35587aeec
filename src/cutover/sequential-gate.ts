/**
 * How much comparisons prove, as numbers. Nothing here does I/O or knows a phase.
 *
 * Both tests are e-processes (test martingales; Ville 1939, Howard et al. 2021, Grünwald et al. 2024): their value may be
 * looked at after every comparison, and stopping at a lucky moment gains nothing. Everything is in logarithms, because
 * the plain values leave the range of a double after some 100,000 comparisons.
 */

/** Rates that promotion bets on, as divisors of the limit: half of it, a quarter, a tenth, none at all. */
const bets = [2, 4, 10, Number.POSITIVE_INFINITY] as const;

/** Rollback bets on a rate that many times the limit. */
const harmFactor = 5;
const logHarmThreshold = Math.log(100);

export interface Counts {
  readonly matches: number;
  readonly mismatches: number;
}

export interface PromotionQuestion extends Counts {
  /** Share of answers that may differ, between 0 and 1. */
  readonly limit: number;
  /** 1 - alpha: the chance of promoting at the limit, ever, is at most alpha. */
  readonly confidence: number;
}

export interface PromotionEvidence {
  readonly logE: number;
  /** ln(1 / alpha). */
  readonly threshold: number;
  readonly pass: boolean;
  /** 0 to 1: matches so far of those that suffice with this many mismatches. */
  readonly progress: number;
  /** Further matches, with no further mismatch, until it passes; undefined when that is beyond counting. */
  readonly remainingClean: number | undefined;
}

export interface HarmEvidence {
  readonly logB: number;
  /** ln(100). */
  readonly threshold: number;
  readonly fail: boolean;
}

/**
 * Whether the mismatch rate is proven to be below the limit p0, with n matches and m mismatches:
 * `E = 1/4 * sum over r in {2, 4, 10, inf} of ((1 - p0/r) / (1 - p0))^n * (1/r)^m`, pass when `E >= 1/alpha`.
 * At p0 = 0.1 %, alpha = 5 %: 3,556 clean comparisons, 6,492 comparisons with one mismatch among them, 8,581 with two.
 */
export function promotionEvidence(question: PromotionQuestion): PromotionEvidence {
  const { matches, mismatches, limit, confidence } = question;
  checkShare('limit', limit);
  checkShare('confidence', confidence);
  const threshold = -Math.log1p(-confidence);
  const logE = logPromotion({ matches, mismatches }, limit);
  if (logE >= threshold) return { logE, threshold, pass: true, progress: 1, remainingClean: 0 };
  const needed = matchesNeeded(mismatches, limit, threshold);
  if (needed === undefined) return { logE, threshold, pass: false, progress: 0, remainingClean: undefined };
  // At the last step before the threshold rounding may disagree by one; it never says zero while the test does not pass.
  const remainingClean = Math.max(1, needed - matches);
  return { logE, threshold, pass: false, progress: matches / (matches + remainingClean), remainingClean };
}

/**
 * The least limit below which the mismatch rate is proven to be, with that confidence; 1 when nothing is proven. Limits
 * that pass the promotion test, so it may be looked at after every comparison (a confidence sequence, Howard et al. 2021).
 */
export function mismatchBound({ matches, mismatches, confidence }: Omit<PromotionQuestion, 'limit'>): number {
  checkShare('confidence', confidence);
  if (matches === 0) return 1;
  const threshold = -Math.log1p(-confidence);
  let unproven = 0;
  let proven = 1;
  // Every bet gains more of a match the higher the limit is, so all limits above one that passes pass too.
  for (;;) {
    const middle = unproven + (proven - unproven) / 2;
    if (middle === unproven || middle === proven) return proven;
    if (logPromotion({ matches, mismatches }, middle) >= threshold) proven = middle;
    else unproven = middle;
  }
}

/**
 * Whether the mismatch rate is proven to be above the limit pb:
 * `B = ((1 - 5 pb) / (1 - pb))^n * 5^m`, fail when `B >= 100`. From pb = 1/9 on, five times the limit is no useful rate
 * to bet on (at 0.2 it is 1), so the bet is then the middle between the limit and 1.
 */
export function harmEvidence(question: Counts & { readonly limit: number }): HarmEvidence {
  const { matches, mismatches, limit } = question;
  checkShare('limit', limit);
  const bet = Math.min(harmFactor * limit, (1 + limit) / 2);
  const logB = matches * (Math.log1p(-bet) - Math.log1p(-limit)) + mismatches * Math.log(bet / limit);
  return { logB, threshold: logHarmThreshold, fail: logB >= logHarmThreshold };
}

function logPromotion(counts: Counts, limit: number): number {
  const terms = bets.map((bet) => logBet(counts, limit, bet));
  const greatest = Math.max(...terms);
  // The greatest term is finite: only the bet on "no mismatch at all" can be lost entirely.
  const sum = terms.reduce((total, term) => total + Math.exp(term - greatest), 0);
  return greatest + Math.log(sum / bets.length);
}

function logBet({ matches, mismatches }: Counts, limit: number, bet: number): number {
  const gain = matches * gainPerMatch(limit, bet);
  if (mismatches === 0) return gain;
  return bet === Number.POSITIVE_INFINITY ? Number.NEGATIVE_INFINITY : gain - mismatches * Math.log(bet);
}

function gainPerMatch(limit: number, bet: number): number {
  return Math.log1p(-limit / bet) - Math.log1p(-limit);
}

/** The least number of matches with which so many mismatches pass, by bisection. */
function matchesNeeded(mismatches: number, limit: number, threshold: number): number | undefined {
  // One bet alone, at its quarter of the stake, reaches the threshold here, so the sum does too.
  const alone = bets
    .filter((bet) => mismatches === 0 || bet !== Number.POSITIVE_INFINITY)
    .map((bet) => {
      const loss = mismatches === 0 ? 0 : mismatches * Math.log(bet);
      return (threshold + Math.log(bets.length) + loss) / gainPerMatch(limit, bet);
    });
  let enough = Math.ceil(Math.min(...alone)) + 1;
  if (!Number.isSafeInteger(enough)) return undefined;
  let tooFew = -1;
  while (enough - tooFew > 1) {
    const middle = tooFew + Math.floor((enough - tooFew) / 2);
    if (logPromotion({ matches: middle, mismatches }, limit) >= threshold) enough = middle;
    else tooFew = middle;
  }
  return enough;
}

function checkShare(name: string, value: number): void {
  if (!(value > 0 && value < 1)) throw new RangeError(`${name} must lie between 0 and 1, exclusive: ${value}`);
}
