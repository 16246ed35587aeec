import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { harmEvidence, mismatchBound, promotionEvidence } from '../../src/cutover/sequential-gate.ts';

const counts = fc.record({ matches: fc.nat(2_000_000), mismatches: fc.nat(2_000) });
const limits = fc.double({ min: 0.000_01, max: 0.9, noNaN: true });
const confidences = fc.double({ min: 0.5, max: 0.9999, noNaN: true });

/** Rounding of a sum of logarithms; nothing a gate could notice. */
const rounding = (value: number) => 1e-9 * (1 + Math.abs(value));

describe('promotion', () => {
  it.each([
    { limit: 0.001, confidence: 0.95, mismatches: 0, comparisons: 3_556 },
    { limit: 0.001, confidence: 0.95, mismatches: 1, comparisons: 6_492 },
    { limit: 0.001, confidence: 0.95, mismatches: 2, comparisons: 8_581 },
    { limit: 0.01, confidence: 0.95, mismatches: 0, comparisons: 354 },
    { limit: 0.0001, confidence: 0.95, mismatches: 0, comparisons: 35_575 },
    { limit: 0.001, confidence: 0.99, mismatches: 0, comparisons: 5_337 },
  ])(
    'passes at $comparisons comparisons with $mismatches mismatches, limit $limit, confidence $confidence',
    (vector) => {
      const { comparisons, ...question } = vector;
      const needed = comparisons - question.mismatches;
      expect(promotionEvidence({ ...question, matches: needed }).pass).toBe(true);
      expect(promotionEvidence({ ...question, matches: needed - 1 })).toMatchObject({ pass: false, remainingClean: 1 });
      expect(promotionEvidence({ ...question, matches: 0 }).remainingClean).toBe(needed);
    },
  );

  it('knows nothing and claims nothing before the first comparison', () => {
    const nothing = promotionEvidence({ matches: 0, mismatches: 0, limit: 0.01, confidence: 0.95 });
    expect(nothing).toMatchObject({ logE: 0, pass: false, progress: 0, remainingClean: 354 });
    expect(nothing.threshold).toBeCloseTo(Math.log(20), 12);
  });

  it('never loses proof by a match and never gains by a mismatch', () => {
    fc.assert(
      fc.property(counts, limits, confidences, ({ matches, mismatches }, limit, confidence) => {
        const here = promotionEvidence({ matches, mismatches, limit, confidence });
        const better = promotionEvidence({ matches: matches + 1, mismatches, limit, confidence });
        const worse = promotionEvidence({ matches, mismatches: mismatches + 1, limit, confidence });
        expect(better.logE).toBeGreaterThanOrEqual(here.logE - rounding(here.logE));
        expect(worse.logE).toBeLessThanOrEqual(here.logE + rounding(here.logE));
        expect(better.progress).toBeGreaterThanOrEqual(here.progress - 1e-9);
        expect(worse.progress).toBeLessThanOrEqual(here.progress + 1e-9);
      }),
    );
  });

  it('passes after exactly as many further clean comparisons as it says', () => {
    fc.assert(
      fc.property(counts, limits, confidences, ({ matches, mismatches }, limit, confidence) => {
        const { remainingClean, pass } = promotionEvidence({ matches, mismatches, limit, confidence });
        if (remainingClean === undefined) return;
        expect(remainingClean === 0).toBe(pass);
        const after = { mismatches, limit, confidence };
        expect(promotionEvidence({ ...after, matches: matches + remainingClean }).pass).toBe(true);
        if (remainingClean <= 1) return;
        expect(promotionEvidence({ ...after, matches: matches + remainingClean - 1 }).pass).toBe(false);
      }),
    );
  });

  it('stays a number with counts far beyond what a double can exponentiate', () => {
    const clean = promotionEvidence({ matches: 1e12, mismatches: 0, limit: 0.001, confidence: 0.95 });
    expect(clean).toMatchObject({ pass: true, progress: 1, remainingClean: 0 });
    expect(Number.isFinite(clean.logE)).toBe(true);
    const bad = promotionEvidence({ matches: 10, mismatches: 1e12, limit: 0.001, confidence: 0.95 });
    expect(bad.pass).toBe(false);
    expect(Number.isFinite(bad.logE)).toBe(true);
    const hopeless = promotionEvidence({ matches: 10, mismatches: 1e15, limit: 1e-9, confidence: 0.95 });
    expect(hopeless).toMatchObject({ pass: false, progress: 0, remainingClean: undefined });
  });

  it('refuses a limit or a confidence that is no share', () => {
    for (const limit of [0, 1, -1, Number.NaN]) {
      expect(() => promotionEvidence({ matches: 1, mismatches: 0, limit, confidence: 0.95 })).toThrow(RangeError);
      expect(() => harmEvidence({ matches: 1, mismatches: 0, limit })).toThrow(RangeError);
    }
    expect(() => promotionEvidence({ matches: 1, mismatches: 0, limit: 0.1, confidence: 1 })).toThrow(RangeError);
  });

  it('promotes at the limit no more often than it promises, looked at after every comparison', () => {
    const limit = 0.02;
    const confidence = 0.95;
    const runs = 300;
    const promoted = simulate({ runs, length: 1_000, rate: limit, seed: 7 }, (at) =>
      promotionEvidence({ ...at, limit, confidence }),
    );
    expect(promoted / runs).toBeLessThanOrEqual(1 - confidence);
    // A gate that never opens would pass the line above too.
    const good = simulate({ runs: 50, length: 1_000, rate: limit / 10, seed: 11 }, (at) =>
      promotionEvidence({ ...at, limit, confidence }),
    );
    expect(good).toBeGreaterThan(45);
  });
});

describe('harm', () => {
  it('sums up in logarithms what the formula multiplies', () => {
    const { logB, fail } = harmEvidence({ matches: 100, mismatches: 3, limit: 0.001 });
    expect(logB).toBeCloseTo(Math.log((0.995 / 0.999) ** 100 * 5 ** 3), 10);
    expect(fail).toBe(false);
    expect(harmEvidence({ matches: 0, mismatches: 3, limit: 0.001 }).fail).toBe(true);
    expect(harmEvidence({ matches: 0, mismatches: 2, limit: 0.001 }).fail).toBe(false);
  });

  it('grows with every mismatch and shrinks with every match, whatever the limit', () => {
    fc.assert(
      fc.property(counts, limits, ({ matches, mismatches }, limit) => {
        const here = harmEvidence({ matches, mismatches, limit }).logB;
        expect(Number.isFinite(here)).toBe(true);
        expect(harmEvidence({ matches, mismatches: mismatches + 1, limit }).logB).toBeGreaterThan(here);
        expect(harmEvidence({ matches: matches + 1, mismatches, limit }).logB).toBeLessThan(here);
      }),
    );
  });

  it('never fails what is proven good', () => {
    fc.assert(
      fc.property(counts, limits, confidences, ({ matches, mismatches }, limit, confidence) => {
        const { pass } = promotionEvidence({ matches, mismatches, limit, confidence });
        expect(pass && harmEvidence({ matches, mismatches, limit }).fail).toBe(false);
      }),
    );
  });

  it('rarely fails at the limit and soon fails far above it', () => {
    const limit = 0.01;
    const look = (at: { matches: number; mismatches: number }) => ({ pass: harmEvidence({ ...at, limit }).fail });
    expect(simulate({ runs: 400, length: 1_500, rate: limit, seed: 3 }, look) / 400).toBeLessThanOrEqual(0.01);
    expect(simulate({ runs: 50, length: 500, rate: 0.2, seed: 5 }, look)).toBe(50);
  });
});

interface Simulation {
  readonly runs: number;
  readonly length: number;
  readonly rate: number;
  readonly seed: number;
}

/** In how many runs the test says yes at any time. Waiting for the first yes is the most greedy way to look. */
function simulate(
  { runs, length, rate, seed }: Simulation,
  look: (at: { matches: number; mismatches: number }) => { readonly pass: boolean },
): number {
  const random = seededRandom(seed);
  let yes = 0;
  for (let run = 0; run < runs; run += 1) {
    const at = { matches: 0, mismatches: 0 };
    for (let i = 0; i < length; i += 1) {
      if (random() < rate) at.mismatches += 1;
      else at.matches += 1;
      if (look(at).pass) {
        yes += 1;
        break;
      }
    }
  }
  return yes;
}

/** Mulberry32: the same numbers on every machine. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe('the bound on the mismatch rate', () => {
  it('is the limit that the promotion test just passes', () => {
    expect(mismatchBound({ matches: 3_556, mismatches: 0, confidence: 0.95 })).toBeLessThanOrEqual(0.001);
    expect(mismatchBound({ matches: 3_555, mismatches: 0, confidence: 0.95 })).toBeGreaterThan(0.001);
    expect(mismatchBound({ matches: 6_491, mismatches: 1, confidence: 0.95 })).toBeLessThanOrEqual(0.001);
  });

  it('agrees with the promotion test about every limit', () => {
    fc.assert(
      fc.property(counts, limits, confidences, ({ matches, mismatches }, limit, confidence) => {
        const bound = mismatchBound({ matches, mismatches, confidence });
        // At the bound itself rounding decides.
        if (Math.abs(bound - limit) < 1e-9) return;
        expect(promotionEvidence({ matches, mismatches, limit, confidence }).pass).toBe(limit > bound);
      }),
    );
  });

  it('is 1 where nothing is proven, and lies above the share that was seen', () => {
    expect(mismatchBound({ matches: 0, mismatches: 0, confidence: 0.95 })).toBe(1);
    expect(mismatchBound({ matches: 0, mismatches: 40, confidence: 0.95 })).toBe(1);
    fc.assert(
      fc.property(counts, confidences, ({ matches, mismatches }, confidence) => {
        const seen = mismatches / Math.max(1, matches + mismatches);
        expect(mismatchBound({ matches, mismatches, confidence })).toBeGreaterThan(seen - 1e-9);
      }),
    );
  });

  it('refuses a confidence that is no share', () => {
    expect(() => mismatchBound({ matches: 1, mismatches: 0, confidence: 1 })).toThrow(RangeError);
  });
});
