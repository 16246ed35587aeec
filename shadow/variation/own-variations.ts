import type { HttpAnswer } from '../../src/kernel/exchange.ts';
import type { LegacyVariation } from '../../src/kernel/legacy-variation.ts';
import type { Difference } from '../../src/kernel/verdict.ts';
import type { Comparison } from '../compare-answers.ts';
import { variationKindOf } from './variation-kind.ts';

/** Legacy's answers to one question, and the candidate's, each asked where the read model stood at or past legacy's. */
export interface Sandwich {
  readonly before: HttpAnswer;
  readonly candidateBefore: HttpAnswer;
  readonly after: HttpAnswer;
  readonly candidateAfter: HttpAnswer;
}

type Compare = (one: HttpAnswer, other: HttpAnswer) => Comparison;

/**
 * The places at which legacy differs from itself. Where the candidate comes to agree with its second answer, the data has
 * changed and nothing is to be said. Empty when the answers cannot be compared.
 */
export function ownVariations(sandwich: Sandwich, compare: Compare, now: number): readonly LegacyVariation[] {
  const { before, candidateBefore, after, candidateAfter } = sandwich;
  const own = differencesOf(compare(before, after));
  if (own.length === 0) return [];
  const apart = new Set(differencesOf(compare(after, candidateAfter)).map(({ path }) => path));
  const moved = new Set(differencesOf(compare(candidateBefore, candidateAfter)).map(({ path }) => path));
  return own
    .filter((difference) => apart.has(difference.path))
    .map((difference) => ({
      path: difference.path,
      kind: variationKindOf(difference, now),
      isWitnessed: !moved.has(difference.path),
      first: difference.legacy,
      second: difference.candidate,
    }));
}

/** A status, or bodies without paths, say nothing about a place that a rule could name. */
function differencesOf(comparison: Comparison): readonly Difference[] {
  if (comparison.outcome !== 'different') return [];
  return comparison.differences.filter(({ path }) => path.startsWith('$') || path.startsWith('header '));
}
