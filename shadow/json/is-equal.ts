import type { RulesAt } from '../path-rules.ts';
import { groupByKey } from './keyed-elements.ts';
import {
  isArray,
  isContainer,
  isObject,
  Repeated,
  type JsonArray,
  type JsonObject,
  type JsonValue,
} from './json-value.ts';
import { elementSense } from './element-sense.ts';
import { pairByKey } from './pair-elements.ts';
import type { SubtreeIds } from './subtree-ids.ts';
import { isSameScalar } from './value-sense.ts';
import type { WorkBudget } from './work-budget.ts';

/**
 * Whether two values are equal under the rules: both are walked side by side until the first difference. Calls itself
 * only for elements of keyed arrays that no key tells apart and that have tolerances: no deeper than rules reach, however
 * deep the values are. Throws `OutOfBudget`.
 */
export function isEqual(
  legacy: JsonValue,
  candidate: JsonValue,
  rules: RulesAt,
  budget: WorkBudget,
  ids: SubtreeIds,
): boolean {
  return new Walk(budget, ids).run(legacy, candidate, rules);
}

class Walk {
  readonly #budget: WorkBudget;
  readonly #ids: SubtreeIds;
  /** Containers that are left to be compared. */
  readonly #legacy: JsonValue[] = [];
  readonly #candidate: JsonValue[] = [];
  readonly #rules: RulesAt[] = [];

  constructor(budget: WorkBudget, ids: SubtreeIds) {
    this.#budget = budget;
    this.#ids = ids;
  }

  run(first: JsonValue, second: JsonValue, rulesOfBoth: RulesAt): boolean {
    if (!this.#meets(first, second, rulesOfBoth)) return false;
    while (this.#rules.length > 0) {
      const [legacy, candidate, rules] = [this.#legacy.pop()!, this.#candidate.pop()!, this.#rules.pop()!];
      if (!this.#hasEqualChildren(legacy, candidate, rules)) return false;
    }
    return true;
  }

  /** False: they differ. True: they are equal, or containers whose children will be looked at. */
  #meets(legacy: JsonValue, candidate: JsonValue, rules: RulesAt): boolean {
    if (rules.ignored) return true;
    this.#budget.spend(1);
    if (!isContainer(legacy)) return !isContainer(candidate) && isSameScalar(legacy, candidate, rules.senses);
    if (!isContainer(candidate)) return false;
    this.#legacy.push(legacy);
    this.#candidate.push(candidate);
    this.#rules.push(rules);
    return true;
  }

  #hasEqualChildren(legacy: JsonValue, candidate: JsonValue, rules: RulesAt): boolean {
    if (isObject(legacy)) return isObject(candidate) && this.#members(legacy, candidate, rules);
    if (isArray(legacy)) return isArray(candidate) && this.#elements(legacy, candidate, rules);
    if (!(legacy instanceof Repeated && candidate instanceof Repeated)) return false;
    const [ours, theirs] = [legacy.values, candidate.values];
    return ours.length === theirs.length && ours.every((value, index) => this.#meets(value, theirs[index]!, rules));
  }

  #members(legacy: JsonObject, candidate: JsonObject, rules: RulesAt): boolean {
    let seen = 0;
    for (const [key, value] of legacy) {
      const other = candidate.get(key);
      if (other !== undefined) seen += 1;
      const below = rules.into(key);
      if (below.ignored) continue;
      if (other === undefined || !this.#meets(value, other, below)) return false;
    }
    if (seen === candidate.size) return true;
    for (const key of candidate.keys()) if (!legacy.has(key) && !rules.into(key).ignored) return false;
    return true;
  }

  #elements(legacy: JsonArray, candidate: JsonArray, rules: RulesAt): boolean {
    if (rules.keyedBy !== undefined) return this.#keyed(legacy, candidate, rules, rules.keyedBy);
    for (let at = 0; at < Math.max(legacy.length, candidate.length); at += 1) {
      const below = rules.into(at);
      if (below.ignored) continue;
      if (at >= legacy.length || at >= candidate.length) return false;
      if (!this.#meets(legacy[at]!, candidate[at]!, below)) return false;
    }
    return true;
  }

  #keyed(legacy: JsonArray, candidate: JsonArray, rules: RulesAt, names: readonly string[]): boolean {
    const below = rules.into(0);
    if (names.length === 0) return this.#multisets(legacy, candidate, rules, names);
    const ours = groupByKey(legacy, names, below);
    const theirs = groupByKey(candidate, names, below);
    this.#budget.spend(legacy.length + candidate.length);
    const isUnique = ours.size === legacy.length && theirs.size === candidate.length && !ours.has(undefined);
    if (!isUnique) return this.#multisets(legacy, candidate, rules, names);
    if (below.ignored) return true;
    if (ours.size !== theirs.size) return false;
    for (const [name, [left]] of ours) {
      const right = theirs.get(name)?.[0];
      if (left === undefined || right === undefined) return false;
      if (!this.#meets(legacy[left]!, candidate[right]!, below)) return false;
    }
    return true;
  }

  #multisets(legacy: JsonArray, candidate: JsonArray, rules: RulesAt, names: readonly string[]): boolean {
    if (this.#ids.of(legacy, rules) === this.#ids.of(candidate, rules)) return true;
    const below = rules.into(0);
    if (!below.holdsTolerance || legacy.length !== candidate.length) return below.ignored;
    const sense = elementSense(legacy, candidate, below, this.#ids, (left, right) =>
      isEqual(legacy[left]!, candidate[right]!, below, this.#budget, this.#ids),
    );
    return pairByKey(legacy, candidate, { names, rules: below }, sense).every(({ legacy: left, candidate: right }) => {
      if (left === undefined || right === undefined) return false;
      return this.#meets(legacy[left]!, candidate[right]!, below);
    });
  }
}
