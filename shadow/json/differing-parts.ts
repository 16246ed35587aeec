import { noRules, type RulesAt } from '../path-rules.ts';
import { elementRelation } from './element-relation.ts';
import { JsonNumber } from './json-number.ts';
import { isArray, type JsonValue } from './json-value.ts';
import { ODD } from './object-shapes.ts';
import { parseJson } from './parse-json.ts';
import { TextFollower } from './text-follower.ts';
import { ARRAY, END, ESCAPED, KIND, NEXT, NODE, OBJECT, SHAPE_BITS, STRING, TokenTape, WHAT } from './token-tape.ts';

/** Levels to which equal parts are looked for; each may read again what the one above it has read. */
const MAX_DEPTH = 16;
/** Elements from which it is worth to ask what those of two arrays have to do with each other. */
const MANY = 16;
/** Pairs of elements that differ and may be listed: as many as an alignment lists findings. */
const MAX_LISTED = 1_000;
/** Elements at either end of a list that may be shown: a text of 200 characters has no room for more. */
const MAX_SHOWN = 128;

/** Stands on both sides for what is the same in both; equal to itself and to nothing that can be written in JSON. */
export const sameInBoth = new JsonNumber('the same in both');

/** Where two values stand. */
interface Where {
  readonly rules: RulesAt;
  readonly depth: number;
  /** What stands here for what is the same in both. */
  readonly same: JsonNumber;
  /** It is shown by a hash of all of it. */
  readonly isSecret: boolean;
}

type Pair = readonly [legacy: JsonValue, candidate: JsonValue];
type Lists = readonly [legacy: readonly JsonValue[], candidate: readonly JsonValue[]];

/**
 * Two JSON texts as values in which what is surely the same has been left out: members of the same key, what two
 * arrays begin and end with, and of long arrays more. To compare them gives the same differences at the same places as to compare the
 * whole, and most of two large bodies that differ a little is never made a value of. Only of a run of equal elements another one may
 * be told to be too many, where a key has an escape or comes twice.
 */
export class DifferingParts {
  readonly #follower: TextFollower;
  readonly #candidate: TokenTape;
  #isSecretName: (name: string) => boolean = () => false;

  constructor(follower = new TextFollower()) {
    this.#follower = follower;
    this.#candidate = new TokenTape(follower.shapes);
  }

  /**
   * Undefined: one of them is not JSON (UTF-8), or more of it than is compared. `isSecretName`: whether what has this name is shown
   * by a hash.
   */
  read(
    legacy: Uint8Array,
    candidate: Uint8Array,
    rules: RulesAt,
    isSecretName: (name: string) => boolean,
  ): { readonly legacy: JsonValue; readonly candidate: JsonValue } | undefined {
    this.#isSecretName = isSecretName;
    const isRead = this.#follower.begin(legacy, candidate) && this.#candidate.read(candidate);
    const whole: Where = { rules, depth: 0, same: sameInBoth, isSecret: false };
    const pair = isRead ? this.#pair(0, 0, whole) : undefined;
    this.#follower.end();
    this.#candidate.clear();
    return pair && { legacy: pair[0], candidate: pair[1] };
  }

  #pair(ours: number, theirs: number, where: Where): Pair {
    const [left, right] = [this.#follower.tape, this.#candidate];
    const kind = kindAt(left, ours);
    const { rules } = where;
    if (where.depth < MAX_DEPTH && kind === kindAt(right, theirs)) {
      if (kind === OBJECT) {
        const [legacy, candidate] = [this.#membersOf(left, ours), this.#membersOf(right, theirs)];
        if (legacy !== undefined && candidate !== undefined) return this.#members(legacy, candidate, where);
      }
      if (kind === ARRAY && rules.keyedBy === undefined && !rules.namesPositions) {
        const [legacy, candidate] = this.#elements(elementsOf(left, ours), elementsOf(right, theirs), where);
        return [legacy, candidate];
      }
    }
    return [valueAt(left, ours), valueAt(right, theirs)];
  }

  #members(ours: Members, theirs: Members, where: Where): Pair {
    const [legacy, candidate] = [new Map<string, JsonValue>(), new Map<string, JsonValue>()];
    for (const [key, node] of ours) {
      const other = theirs.get(key);
      if (other === undefined) legacy.set(key, valueAt(this.#follower.tape, node));
      else if (this.#isSame(node, other)) legacy.set(key, where.same);
      else {
        const isSecret = where.isSecret || this.#isSecretName(key);
        const rules = where.rules.into(key);
        const [left, right] = this.#pair(node, other, { ...where, rules, depth: where.depth + 1, isSecret });
        legacy.set(key, left);
        candidate.set(key, right);
      }
    }
    // In its own order, which is that of its differences.
    const ordered = new Map<string, JsonValue>();
    for (const [key, node] of theirs) {
      const isCommon = ours.has(key);
      const differing = isCommon ? candidate.get(key) : valueAt(this.#candidate, node);
      const known = differing === undefined ? where.same : differing;
      ordered.set(key, known);
    }
    return [legacy, ordered];
  }

  #elements(ours: readonly number[], theirs: readonly number[], where: Where): Lists {
    const most = Math.min(ours.length, theirs.length);
    let start = 0;
    while (start < most && this.#isSame(ours[start]!, theirs[start]!)) start += 1;
    let end = 0;
    while (end < most - start && this.#isSame(ours.at(-1 - end)!, theirs.at(-1 - end)!)) end += 1;
    const restOfOurs = ours.slice(start, ours.length - end);
    const restOfTheirs = theirs.slice(start, theirs.length - end);
    const [left, right] = this.#rest(restOfOurs, restOfTheirs, where);
    const [before, behind] = [sames(start, where.same), sames(end, where.same)];
    return [before.concat(left, behind), before.concat(right, behind)];
  }

  #rest(ours: readonly number[], theirs: readonly number[], where: Where): Lists {
    const below = { ...where, rules: where.rules.into(0), depth: where.depth + 1 };
    // Who stands alone on either side is compared with the other, whatever they are.
    if (ours.length === 1 && theirs.length === 1) {
      const [legacy, candidate] = this.#pair(ours[0]!, theirs[0]!, below);
      return [[legacy], [candidate]];
    }
    if (below.rules.saysNothing && Math.min(ours.length, theirs.length) >= MANY) {
      const [left, right] = [this.#follower.tape, this.#candidate];
      const relation = elementRelation({ tape: left, nodes: ours }, { tape: right, nodes: theirs }, (a, b) =>
        this.#isSame(a, b),
      );
      if (relation.kind === 'disjoint' && where.same === sameInBoth) return this.#strangers(ours, theirs, below);
      if (relation.kind === 'same' && !below.isSecret && !below.rules.redacted) {
        const shown = new Set([...relation.legacy.slice(0, MAX_SHOWN), ...relation.candidate.slice(0, MAX_SHOWN)]);
        const known = new Map<number, JsonNumber>();
        return [
          relation.legacy.map((each, at) => (shown.has(each) ? valueAt(left, ours[at]!) : standIn(known, each))),
          relation.candidate.map((each, at) => (shown.has(each) ? valueAt(right, theirs[at]!) : standIn(known, each))),
        ];
      }
    }
    return [valuesOf(this.#follower.tape, ours), valuesOf(this.#candidate, theirs)];
  }

  /**
   * None is equal to one of the other side, so each is compared with the one at its position. What is left out of them has a number, so
   * that parts are not equal where the whole is not.
   */
  #strangers(ours: readonly number[], theirs: readonly number[], below: Where): Lists {
    const [legacy, candidate]: [JsonValue[], JsonValue[]] = [[], []];
    const isListed = (at: number): boolean => at < MAX_LISTED || below.rules.critical;
    for (let at = 0; at < Math.max(ours.length, theirs.length); at += 1) {
      const [left, right] = [ours[at], theirs[at]];
      if (left !== undefined && right !== undefined && isListed(at)) {
        const same = new JsonNumber(`the same in both ${at}`);
        const [one, other] = this.#pair(left, right, { ...below, same });
        legacy.push(one);
        candidate.push(other);
      } else {
        if (left !== undefined) {
          legacy.push(isListed(at) ? valueAt(this.#follower.tape, left) : new JsonNumber(`of legacy ${at}`));
        }
        if (right !== undefined) {
          candidate.push(isListed(at) ? valueAt(this.#candidate, right) : new JsonNumber(`of candidate ${at}`));
        }
      }
    }
    return [legacy, candidate];
  }

  #isSame(ours: number, theirs: number): boolean {
    return this.#follower.follow(ours, outerStart(this.#candidate, theirs), noRules) >= 0;
  }

  /** Undefined: a key is there more than once. */
  #membersOf(tape: TokenTape, object: number): Members | undefined {
    const { nodes } = tape;
    const members = new Map<string, number>();
    const end = nodes[object + NEXT]!;
    for (let key = object + NODE; key < end; key = nodes[key + NODE + NEXT]!) {
      const shape = nodes[key + WHAT]! >> SHAPE_BITS;
      const name = shape === ODD ? tape.text(key) : this.#follower.shapes.name(shape);
      if (members.has(name)) return undefined;
      members.set(name, key + NODE);
    }
    return members;
  }
}

function standIn(known: Map<number, JsonNumber>, each: number): JsonNumber {
  let found = known.get(each);
  if (found === undefined) known.set(each, (found = new JsonNumber(`the same in both ${each}`)));
  return found;
}

type Members = ReadonlyMap<string, number>;

function elementsOf({ nodes }: TokenTape, array: number): number[] {
  const elements: number[] = [];
  const end = nodes[array + NEXT]!;
  for (let element = array + NODE; element < end; element = nodes[element + NEXT]!) elements.push(element);
  return elements;
}

function sames(length: number, same: JsonNumber): JsonValue[] {
  return Array.from<JsonValue>({ length }).fill(same);
}

function kindAt({ nodes }: TokenTape, node: number): number {
  return nodes[node + WHAT]! & KIND;
}

function isString(tape: TokenTape, node: number): boolean {
  const kind = kindAt(tape, node);
  return kind === STRING || kind === ESCAPED;
}

/** With the quote. */
function outerStart(tape: TokenTape, node: number): number {
  return tape.nodes[node]! - (isString(tape, node) ? 1 : 0);
}

function valueAt(tape: TokenTape, node: number): JsonValue {
  return parsed(textBetween(tape, node, node));
}

/** Elements that follow each other. */
function valuesOf(tape: TokenTape, nodes: readonly number[]): readonly JsonValue[] {
  const [first, last] = [nodes[0], nodes.at(-1)];
  if (first === undefined || last === undefined) return [];
  const values = parsed(`[${textBetween(tape, first, last)}]`);
  return isArray(values) ? values : [];
}

function textBetween(tape: TokenTape, first: number, last: number): string {
  const end = tape.nodes[last + END]! + (isString(tape, last) ? 1 : 0);
  return tape.bytes.toString('utf8', outerStart(tape, first), end);
}

/** A part of what is known to be JSON, and not too much of it. */
function parsed(text: string): JsonValue {
  const result = parseJson(text);
  if (!result.ok) throw new Error(`a part of a JSON text is ${result.fault}`);
  return result.value;
}
