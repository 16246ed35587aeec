import { decimalOf, scalarText } from './canonical-json.ts';
import { isWithinTolerance } from './json-number.ts';
import { pairByKey, pairByPosition } from './pair-elements.ts';
import { isArray, isObject, member, typeOf, type JsonArray, type JsonObject, type JsonValue } from './parse-json.ts';
import type { RulesAt } from './path-rules.ts';

/**
 * What is left of a value when everything that is equal under the rules is taken away: maps without a prototype whose
 * keys are the tokens below, and texts. Nothing in it can be mistaken by a differ: no empty key, no inherited name, no
 * array, no number.
 */
export type Aligned = string | { [token: string]: Aligned };

export interface AlignedPair {
  readonly legacy: Aligned;
  readonly candidate: Aligned;
  /** There were more differences than are listed. */
  readonly truncated: boolean;
}

/** A step into both values: a key, or the positions of two paired elements. */
export type PairedStep = string | { readonly legacy: number | undefined; readonly candidate: number | undefined };

export function tokenOf(step: PairedStep): string {
  return typeof step === 'string' ? `.${step}` : `#${step.legacy ?? ''}:${step.candidate ?? ''}`;
}

export function stepOf(token: string): PairedStep {
  if (token.startsWith('.')) return token.slice(1);
  const [legacy, candidate] = token.slice(1).split(':');
  return { legacy: legacy ? Number(legacy) : undefined, candidate: candidate ? Number(candidate) : undefined };
}

/** The position that rules and reports use for an element: legacy's, or the candidate's where legacy has none. */
export function positionOf(step: Exclude<PairedStep, string>): number {
  return step.legacy ?? step.candidate ?? 0;
}

/** Differences beyond this many are not listed, unless they are critical. */
const MAX_LISTED = 1_000;
const present = 'present';

type Sides = readonly [legacy: Aligned, candidate: Aligned];

/** Brings two values face to face under the rules. Undefined: they are equal. */
export function align(legacy: JsonValue, candidate: JsonValue, rules: RulesAt): AlignedPair | undefined {
  const aligner = new Aligner();
  const sides = aligner.pair(legacy, candidate, rules);
  return sides && { legacy: sides[0], candidate: sides[1], truncated: aligner.truncated };
}

class Aligner {
  truncated = false;
  #listed = 0;

  pair(legacy: JsonValue, candidate: JsonValue, rules: RulesAt): Sides | undefined {
    if (rules.ignored) return undefined;
    if (isArray(legacy) && isArray(candidate)) return this.#arrays(legacy, candidate, rules);
    if (isObject(legacy) && isObject(candidate)) return this.#objects(legacy, candidate, rules);
    if (isSameScalar(legacy, candidate, rules)) return undefined;
    return [leafText(legacy), leafText(candidate)];
  }

  #objects(legacy: JsonObject, candidate: JsonObject, rules: RulesAt): Sides | undefined {
    const differing = new Differing();
    for (const key of new Set([...Object.keys(legacy), ...Object.keys(candidate)])) {
      const below = rules.into(key);
      this.#child(differing, tokenOf(key), member(legacy, key), member(candidate, key), below);
    }
    return differing.sides();
  }

  #arrays(legacy: JsonArray, candidate: JsonArray, rules: RulesAt): Sides | undefined {
    const isSame = (left: number, right: number): boolean =>
      align(legacy[left]!, candidate[right]!, rules.into(left)) === undefined;
    const pairs =
      rules.keyedBy === undefined ? pairByPosition(legacy, candidate) : pairByKey(legacy, candidate, rules, isSame);
    const differing = new Differing();
    for (const step of pairs) {
      const left = step.legacy === undefined ? undefined : legacy[step.legacy];
      const right = step.candidate === undefined ? undefined : candidate[step.candidate];
      this.#child(differing, tokenOf(step), left, right, rules.into(positionOf(step)));
    }
    return differing.sides();
  }

  #child(
    into: Differing,
    token: string,
    legacy: JsonValue | undefined,
    candidate: JsonValue | undefined,
    rules: RulesAt,
  ): void {
    if (rules.ignored) return;
    if (legacy !== undefined && candidate !== undefined) {
      const sides = this.pair(legacy, candidate, rules);
      const isLeaf = sides !== undefined && typeof sides[0] === 'string';
      if (sides && (!isLeaf || this.#mayList(rules))) into.add(token, sides[0], sides[1]);
      return;
    }
    if (!this.#mayList(rules)) return;
    into.add(token, legacy === undefined ? undefined : present, candidate === undefined ? undefined : present);
  }

  #mayList(rules: RulesAt): boolean {
    this.#listed += 1;
    if (this.#listed <= MAX_LISTED || (rules.critical && this.#listed <= MAX_LISTED * 100)) return true;
    this.truncated = true;
    return false;
  }
}

class Differing {
  readonly #legacy: { [token: string]: Aligned } = Object.create(null);
  readonly #candidate: { [token: string]: Aligned } = Object.create(null);
  #any = false;

  add(token: string, legacy: Aligned | undefined, candidate: Aligned | undefined): void {
    this.#any = true;
    if (legacy !== undefined) this.#legacy[token] = legacy;
    if (candidate !== undefined) this.#candidate[token] = candidate;
  }

  sides(): Sides | undefined {
    return this.#any ? [this.#legacy, this.#candidate] : undefined;
  }
}

function isSameScalar(legacy: JsonValue, candidate: JsonValue, rules: RulesAt): boolean {
  if (typeOf(legacy) !== typeOf(candidate)) return false;
  if (scalarText(legacy) === scalarText(candidate)) return true;
  if (rules.tolerance === undefined) return false;
  const [a, b] = [decimalOf(legacy), decimalOf(candidate)];
  return a !== undefined && b !== undefined && isWithinTolerance(a, b, rules.tolerance);
}

/** Type and text, so that "1" and 1 differ; of containers only the type, which is all that can differ here. */
function leafText(value: JsonValue): string {
  const type = typeOf(value);
  return type === 'array' || type === 'object' ? type : `${type} ${scalarText(value)}`;
}
