import type { RulesAt } from '../path-rules.ts';
import type { JsonArray } from './json-value.ts';
import { groupByKey } from './keyed-elements.ts';
import { matchSorted, type Rank } from './match-sorted.ts';
import { matchWithin } from './match-within.ts';
import { OutOfBudget } from './work-budget.ts';

/** Positions of two elements that stand for the same thing; one is undefined where a side has nothing for it. */
export interface ElementPair {
  readonly legacy: number | undefined;
  readonly candidate: number | undefined;
}

/** What the pairing asks about elements. Those with the same id are the same; without a tolerance also the reverse. */
export interface ElementSense {
  readonly idOf: (side: 'legacy' | 'candidate', index: number) => number;
  readonly isSame: (legacy: number, candidate: number) => boolean;
  readonly hasTolerance: boolean;
  /** Of a value that holds no others; see `rankOf`. */
  readonly rankOf: (side: 'legacy' | 'candidate', index: number) => Rank | undefined;
  readonly isContainer: (side: 'legacy' | 'candidate', index: number) => boolean;
}

/** What makes the key of an element, and the rules of elements. Without names all of them are one multiset. */
export interface ElementKey {
  readonly names: readonly string[];
  readonly rules: RulesAt;
}

/** Pairs that are tried within one group of elements that no key tells apart; more of them are sorted, if they can be. */
const MAX_TRIES = 10_000;
/** Elements that hold others cannot be sorted, so more pairs of them are tried before nothing is said. */
const MAX_CONTAINER_TRIES = 250_000;

/** Pairs two runs of positions in the order they come in. */
export function pairInOrder(left: readonly number[], right: readonly number[]): ElementPair[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => ({
    legacy: left[index],
    candidate: right[index],
  }));
}

/**
 * Pairs by key, whatever the order. Elements whose key is missing or not unique are paired as a multiset: equal ones
 * with each other, the rest in the order they came in.
 */
export function pairByKey(
  legacy: JsonArray,
  candidate: JsonArray,
  { names, rules }: ElementKey,
  sense: ElementSense,
): ElementPair[] {
  const ours = groupByKey(legacy, names, rules);
  const theirs = groupByKey(candidate, names, rules);
  const pairs: ElementPair[] = [];
  for (const name of new Set([...ours.keys(), ...theirs.keys()])) {
    const left = ours.get(name) ?? [];
    const right = theirs.get(name) ?? [];
    if (left.length === 1 && right.length === 1) pairs.push({ legacy: left[0], candidate: right[0] });
    else for (const pair of pairAsMultiset(left, right, sense)) pairs.push(pair);
  }
  return pairs;
}

function pairAsMultiset(left: readonly number[], right: readonly number[], sense: ElementSense): ElementPair[] {
  const exact = pairById(left, right, sense);
  if (exact.restLeft.length === 0 || exact.restRight.length === 0 || !sense.hasTolerance) return allOf(exact);
  const within = pairWithin(exact.restLeft, exact.restRight, sense);
  // An exact partner may be the only one that fits somebody else.
  const all = within.restLeft.length > 0 && within.restRight.length > 0 ? pairWithin(left, right, sense) : undefined;
  if (all && all.pairs.length > exact.pairs.length + within.pairs.length) return allOf(all);
  return [...exact.pairs, ...allOf(within)];
}

interface Pairing {
  readonly pairs: readonly ElementPair[];
  readonly restLeft: readonly number[];
  readonly restRight: readonly number[];
}

function allOf({ pairs, restLeft, restRight }: Pairing): ElementPair[] {
  return [...pairs, ...pairInOrder(restLeft, restRight)];
}

function pairById(left: readonly number[], right: readonly number[], { idOf }: ElementSense): Pairing {
  const waiting = new Map<number, number[]>();
  // From behind, so that what is popped below comes in order.
  for (const index of right.toReversed()) {
    const id = idOf('candidate', index);
    const same = waiting.get(id);
    if (same) same.push(index);
    else waiting.set(id, [index]);
  }
  const pairs: ElementPair[] = [];
  const restLeft: number[] = [];
  for (const index of left) {
    const found = waiting.get(idOf('legacy', index))?.pop();
    if (found === undefined) restLeft.push(index);
    else pairs.push({ legacy: index, candidate: found });
  }
  return { pairs, restLeft, restRight: [...waiting.values()].flat().toSorted((a, b) => a - b) };
}

function pairWithin(left: readonly number[], right: readonly number[], sense: ElementSense): Pairing {
  const same = (a: number, b: number): boolean => sense.isSame(left[a]!, right[b]!);
  const tries = left.length * right.length;
  const partners =
    tries <= MAX_TRIES ? matchWithin(left.length, right.length, same) : matchMany(left, right, sense, same);
  const taken = new Set(partners);
  return {
    pairs: left.flatMap((legacy, at) => {
      const partner = partners[at];
      return partner === undefined ? [] : { legacy, candidate: right[partner] };
    }),
    restLeft: left.filter((_, at) => partners[at] === undefined),
    restRight: right.filter((_, at) => !taken.has(at)),
  };
}

/** Throws `OutOfBudget`: to pair them as they come would show differences that are none. */
function matchMany(
  left: readonly number[],
  right: readonly number[],
  { rankOf, isContainer }: ElementSense,
  isSame: (left: number, right: number) => boolean,
): readonly (number | undefined)[] {
  const holdsOthers =
    left.some((index) => isContainer('legacy', index)) && right.some((index) => isContainer('candidate', index));
  if (!holdsOthers) {
    return matchSorted(
      left.map((index) => rankOf('legacy', index)),
      right.map((index) => rankOf('candidate', index)),
      isSame,
    );
  }
  if (left.length * right.length > MAX_CONTAINER_TRIES) throw new OutOfBudget();
  return matchWithin(left.length, right.length, isSame);
}
