import { compilePathRules, type RulesAt } from '../path-rules.ts';
import { alignArrays } from './align-arrays.ts';
import { elementSense } from './element-sense.ts';
import { isEqual } from './is-equal.ts';
import {
  isArray,
  isContainer,
  isObject,
  Repeated,
  type JsonArray,
  type JsonContainer,
  type JsonObject,
  type JsonValue,
} from './json-value.ts';
import { pairByKey, type ElementPair } from './pair-elements.ts';
import type { Scalar } from './scalars.ts';
import { SubtreeIds } from './subtree-ids.ts';
import { isSameScalar, valueSense } from './value-sense.ts';
import { OutOfBudget, WorkBudget } from './work-budget.ts';

/** Values and pairs of values that may be looked at; a fifth of what the comparison itself may. */
const defaultMaxWork = 1_000_000;

/** Ids of rules, or that it would take too much work to say which. Never said to be none without having looked. */
export type Hidden = readonly string[] | 'unknown';

export interface HiddenOptions {
  /** The two have been found to be equal under the rules, which saves looking at them again. */
  readonly areEqual?: boolean | undefined;
  readonly maxWork?: number | undefined;
}

const strictly = compilePathRules([]);

/**
 * The rules without which two bodies would differ in more places than they do: those for which a value is not compared, or is
 * near enough, or stands somewhere else. Only what lies on the way to a rule is looked at.
 */
export function findHidden(
  legacy: JsonValue,
  candidate: JsonValue,
  rules: RulesAt,
  { areEqual = false, maxWork = defaultMaxWork }: HiddenOptions = {},
): Hidden {
  try {
    return new HiddenWalk(new WorkBudget(maxWork)).run({ legacy, candidate, rules, isSame: areEqual });
  } catch (error) {
    if (error instanceof OutOfBudget) return 'unknown';
    throw error;
  }
}

interface Pair {
  readonly legacy: JsonValue | undefined;
  readonly candidate: JsonValue | undefined;
  readonly rules: RulesAt;
  /** The two, or two that hold them, are known to be equal under the rules. */
  readonly isSame: boolean;
}

class HiddenWalk {
  readonly #budget: WorkBudget;
  readonly #ids: SubtreeIds;
  readonly #pairs: Pair[] = [];
  readonly #found = new Set<string>();

  constructor(budget: WorkBudget) {
    this.#budget = budget;
    this.#ids = new SubtreeIds(budget);
  }

  run(whole: Pair): readonly string[] {
    this.#push(whole);
    for (let pair = this.#pairs.pop(); pair !== undefined; pair = this.#pairs.pop()) this.#look(pair);
    return [...this.#found].toSorted();
  }

  #push(pair: Pair): void {
    if (pair.rules.holdsHiding) this.#pairs.push(pair);
  }

  #look(pair: Pair): void {
    const { legacy, candidate, rules } = pair;
    this.#budget.spend(1);
    if (rules.ignored) {
      // Of what is ignored already nothing more has to be known.
      if (rules.ignoredBy.every((id) => this.#found.has(id))) return;
      const isThere = legacy !== undefined && candidate !== undefined;
      if (!isThere || !isEqual(legacy, candidate, strictly, this.#budget, this.#ids)) this.#add(rules.ignoredBy);
    } else if (legacy === undefined || candidate === undefined) return;
    else if (isContainer(legacy) && isContainer(candidate)) this.#containers(pair, legacy, candidate);
    else if (!isContainer(legacy) && !isContainer(candidate)) this.#scalars(legacy, candidate, rules);
  }

  #scalars(legacy: Scalar, candidate: Scalar, rules: RulesAt): void {
    const { senses } = rules;
    if (senses === undefined || isSameScalar(legacy, candidate, undefined)) return;
    if (!isSameScalar(legacy, candidate, senses)) return;
    const each = rules.valueRules;
    const enough = each.filter((rule) => isSameScalar(legacy, candidate, valueSense([rule])));
    // A format and a tolerance may only be enough together.
    this.#add((enough.length > 0 ? enough : each).map(({ id }) => id));
  }

  #containers(pair: Pair, legacy: JsonContainer, candidate: JsonContainer): void {
    if (isObject(legacy) && isObject(candidate)) this.#members(pair, legacy, candidate);
    else if (isArray(legacy) && isArray(candidate)) this.#elements(pair, legacy, candidate);
    else if (legacy instanceof Repeated && candidate instanceof Repeated) {
      for (const [at, value] of legacy.values.entries()) {
        this.#push({ ...pair, legacy: value, candidate: candidate.values[at] });
      }
    }
  }

  #members(pair: Pair, legacy: JsonObject, candidate: JsonObject): void {
    for (const [key, value] of legacy) {
      this.#push({ ...pair, legacy: value, candidate: candidate.get(key), rules: pair.rules.into(key) });
    }
    for (const [key, value] of candidate) {
      if (!legacy.has(key)) this.#push({ ...pair, legacy: undefined, candidate: value, rules: pair.rules.into(key) });
    }
  }

  #elements(pair: Pair, legacy: JsonArray, candidate: JsonArray): void {
    const { rules } = pair;
    this.#budget.spend(legacy.length + candidate.length);
    const isPaired = rules.keyedBy !== undefined;
    // Where order counts, what is equal stands side by side; a key finds its partner either way.
    const isSame = pair.isSame || (!isPaired && isEqual(legacy, candidate, rules, this.#budget, this.#ids));
    const pairs = isPaired || !isSame ? this.#pairsOf(legacy, candidate, rules) : undefined;
    if (isPaired && pairs !== undefined && isMoved(pairs)) this.#add(rules.pairedBy);
    for (let at = 0; at < (pairs?.length ?? Math.max(legacy.length, candidate.length)); at += 1) {
      const { legacy: left, candidate: right } = pairs?.[at] ?? { legacy: at, candidate: at };
      const ours = left === undefined ? undefined : legacy[left];
      const theirs = right === undefined ? undefined : candidate[right];
      const below = rules.into(isPaired ? 0 : (left ?? right ?? at));
      this.#push({ legacy: ours, candidate: theirs, rules: below, isSame });
    }
  }

  /** All pairs, those that are equal as well. */
  #pairsOf(legacy: JsonArray, candidate: JsonArray, rules: RulesAt): readonly ElementPair[] {
    const below = rules.into(0);
    const sense = elementSense(legacy, candidate, below, this.#ids, (left, right) =>
      isEqual(legacy[left]!, candidate[right]!, below, this.#budget, this.#ids),
    );
    const byKey = (names: readonly string[]): readonly ElementPair[] =>
      pairByKey(legacy, candidate, { names, rules: below }, sense);
    if (rules.keyedBy !== undefined) return byKey(rules.keyedBy);
    const aligned = alignArrays(legacy, candidate, rules, sense, sense.isSame, (steps) => {
      this.#budget.spend(steps);
      return true;
    });
    return aligned.kind === 'order' ? byKey([]) : withEqualOnes(aligned.pairs, legacy.length, candidate.length);
  }

  #add(ids: readonly string[]): void {
    for (const id of ids) this.#found.add(id);
  }
}

/** Whether pairs do not stand in the same order on both sides. */
function isMoved(pairs: readonly ElementPair[]): boolean {
  const positions = pairs
    .filter(({ legacy, candidate }) => legacy !== undefined && candidate !== undefined)
    .toSorted((a, b) => a.legacy! - b.legacy!)
    .map(({ candidate }) => candidate!);
  return positions.some((position, index) => index > 0 && position < positions[index - 1]!);
}

/** An alignment leaves out what is equal; that stands in the same order on both sides. */
function withEqualOnes(pairs: readonly ElementPair[], left: number, right: number): readonly ElementPair[] {
  const ours = new Set(pairs.map(({ legacy }) => legacy));
  const theirs = new Set(pairs.map(({ candidate }) => candidate));
  const restLeft = Array.from({ length: left }, (_, at) => at).filter((at) => !ours.has(at));
  const restRight = Array.from({ length: right }, (_, at) => at).filter((at) => !theirs.has(at));
  return [...pairs, ...restLeft.map((legacy, at) => ({ legacy, candidate: restRight[at] }))];
}
