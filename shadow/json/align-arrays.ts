import type { RulesAt } from '../path-rules.ts';
import type { JsonArray } from './json-value.ts';
import { longestCommon } from './longest-common.ts';
import { pairByKey, pairInOrder, type ElementPair, type ElementSense } from './pair-elements.ts';

/** Insertions and deletions up to which two arrays are aligned; what is further apart is compared by position. */
export const maxEdits = 500;

export type ArrayAlignment =
  /** Elements that stand for the same thing; those known to be equal are left out. */
  | { readonly kind: 'pairs'; readonly pairs: readonly ElementPair[] }
  /** Both hold the same elements, in another order; from the first to the last that moved. */
  | { readonly kind: 'order'; readonly legacy: JsonArray; readonly candidate: JsonArray };

/**
 * Says which elements of two arrays are compared with each other: by their key where a rule names one, else where they
 * stand, with room for a few that one side has more than the other. Where a rule is for one position, by position alone.
 * `looksSame` says the same as the sense of the elements, and is cheaper where most are the same. `mayStep` is asked before so many steps of the search for a longest common subsequence are taken.
 */
export function alignArrays(
  legacy: JsonArray,
  candidate: JsonArray,
  rules: RulesAt,
  sense: ElementSense,
  looksSame: (legacy: number, candidate: number) => boolean,
  mayStep: (steps: number) => boolean,
): ArrayAlignment {
  if (rules.keyedBy !== undefined) {
    const pairs = pairByKey(legacy, candidate, { names: rules.keyedBy, rules: rules.into(0) }, sense);
    return { kind: 'pairs', pairs: pairs.filter((pair) => !isSettled(pair, sense)) };
  }
  const [left, right] = [[...legacy.keys()], [...candidate.keys()]];
  if (rules.namesPositions) return { kind: 'pairs', pairs: pairInOrder(left, right) };
  const { start, end } = commonEnds(legacy.length, candidate.length, looksSame);
  const [toLeft, toRight] = [left.length - end, right.length - end];
  const [restLeft, restRight] = [left.slice(start, toLeft), right.slice(start, toRight)];
  if (isReordered(restLeft, restRight, sense)) {
    return { kind: 'order', legacy: legacy.slice(start, toLeft), candidate: candidate.slice(start, toRight) };
  }
  return { kind: 'pairs', pairs: pairAroundMatches(restLeft, restRight, sense, mayStep) };
}

function isSettled({ legacy, candidate }: ElementPair, { idOf }: ElementSense): boolean {
  if (legacy === undefined || candidate === undefined) return false;
  return idOf('legacy', legacy) === idOf('candidate', candidate);
}

function commonEnds(
  left: number,
  right: number,
  isSame: (legacy: number, candidate: number) => boolean,
): { start: number; end: number } {
  const most = Math.min(left, right);
  let start = 0;
  while (start < most && isSame(start, start)) start += 1;
  let end = 0;
  while (end < most - start && isSame(left - 1 - end, right - 1 - end)) end += 1;
  return { start, end };
}

function isReordered(left: readonly number[], right: readonly number[], { idOf }: ElementSense): boolean {
  if (left.length !== right.length || left.length < 2) return false;
  const ours = Float64Array.from(left, (index) => idOf('legacy', index)).toSorted();
  const theirs = Float64Array.from(right, (index) => idOf('candidate', index)).toSorted();
  return ours.every((id, at) => id === theirs[at]);
}

/** What stands between two matches is compared in order; the longer side has the rest for itself. */
function pairAroundMatches(
  left: readonly number[],
  right: readonly number[],
  { isSame }: ElementSense,
  mayStep: (steps: number) => boolean,
): ElementPair[] {
  if (left.length === 0 || right.length === 0 || left.length * right.length === 1) return pairInOrder(left, right);
  const same = (a: number, b: number): boolean => isSame(left[a]!, right[b]!);
  const matches = longestCommon(left.length, right.length, same, maxEdits, mayStep) ?? [];
  const pairs: ElementPair[] = [];
  let [fromLeft, fromRight] = [0, 0];
  for (const [toLeft, toRight] of [...matches, [left.length, right.length] as const]) {
    for (const pair of pairInOrder(left.slice(fromLeft, toLeft), right.slice(fromRight, toRight))) pairs.push(pair);
    [fromLeft, fromRight] = [toLeft + 1, toRight + 1];
  }
  return pairs;
}
