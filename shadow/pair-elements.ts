import { canonicalJson, groupByKey } from './canonical-json.ts';
import type { JsonArray } from './parse-json.ts';
import type { RulesAt } from './path-rules.ts';

/** Positions of two elements that stand for the same thing; one is undefined where a side has nothing for it. */
export interface ElementPair {
  readonly legacy: number | undefined;
  readonly candidate: number | undefined;
}

/** Pairs that are tried within one group of elements that no key tells apart. */
const MAX_TRIES = 10_000;

/** Pairs by position. */
export function pairByPosition(legacy: JsonArray, candidate: JsonArray): ElementPair[] {
  return Array.from({ length: Math.max(legacy.length, candidate.length) }, (_, index) => ({
    legacy: index < legacy.length ? index : undefined,
    candidate: index < candidate.length ? index : undefined,
  }));
}

/**
 * Pairs by key, whatever the order. Elements whose key is missing or not unique are paired as a multiset: equal ones
 * with each other, the rest in the order they came in. `isSame` decides whether two elements are equal under the rules.
 */
export function pairByKey(
  legacy: JsonArray,
  candidate: JsonArray,
  rules: RulesAt,
  isSame: (legacy: number, candidate: number) => boolean,
): ElementPair[] {
  const key = rules.keyedBy!;
  const ours = groupByKey(legacy, key);
  const theirs = groupByKey(candidate, key);
  const pairs: ElementPair[] = [];
  for (const name of new Set([...ours.keys(), ...theirs.keys()])) {
    const left = ours.get(name) ?? [];
    const right = theirs.get(name) ?? [];
    if (left.length === 1 && right.length === 1) pairs.push({ legacy: left[0], candidate: right[0] });
    else pairs.push(...pairAsMultiset(left, right, { legacy, candidate, rules, isSame }));
  }
  return pairs;
}

interface Elements {
  readonly legacy: JsonArray;
  readonly candidate: JsonArray;
  readonly rules: RulesAt;
  readonly isSame: (legacy: number, candidate: number) => boolean;
}

function pairAsMultiset(left: readonly number[], right: readonly number[], elements: Elements): ElementPair[] {
  const waiting = new Map<string, number[]>();
  for (const index of right) {
    const text = canonicalJson(elements.candidate[index]!, elements.rules.into(index));
    const same = waiting.get(text);
    if (same) same.push(index);
    else waiting.set(text, [index]);
  }
  // Taken from the front below, so that equal elements keep their order.
  for (const same of waiting.values()) same.reverse();
  const pairs: ElementPair[] = [];
  let restLeft: number[] = [];
  for (const index of left) {
    const found = waiting.get(canonicalJson(elements.legacy[index]!, elements.rules.into(index)))?.pop();
    if (found === undefined) restLeft.push(index);
    // Two texts can meet through steps of a tolerance; only the comparison itself says that elements are equal.
    else pairs.push({ legacy: index, candidate: found });
  }
  const restRight = [...waiting.values()].flat().toSorted((a, b) => a - b);
  if (restLeft.length * restRight.length <= MAX_TRIES) restLeft = pairWithin(restLeft, restRight, elements, pairs);
  for (let i = 0; i < Math.max(restLeft.length, restRight.length); i += 1) {
    pairs.push({ legacy: restLeft[i], candidate: restRight[i] });
  }
  return pairs;
}

/** Pairs elements that are equal within tolerances. Takes them out of `restRight`; returns what is left on the left. */
function pairWithin(restLeft: number[], restRight: number[], elements: Elements, pairs: ElementPair[]): number[] {
  return restLeft.filter((left) => {
    const at = restRight.findIndex((right) => elements.isSame(left, right));
    if (at < 0) return true;
    pairs.push({ legacy: left, candidate: restRight[at] });
    restRight.splice(at, 1);
    return false;
  });
}
