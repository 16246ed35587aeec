import { noRules, type RulesAt } from '../path-rules.ts';
import { JsonNumber } from './json-number.ts';
import { isArray, type JsonValue } from './json-value.ts';
import { parseJson } from './parse-json.ts';
import { TextFollower } from './text-follower.ts';
import { ARRAY, END, ESCAPED, KIND, NEXT, NODE, OBJECT, STRING, TokenTape, WHAT } from './token-tape.ts';

/** Levels to which equal parts are looked for; each may read again what the one above it has read. */
const MAX_DEPTH = 16;

/** Stands on both sides for what is the same in both; equal to itself and to nothing that can be written in JSON. */
export const sameInBoth = new JsonNumber('the same in both');

/**
 * Two JSON texts as values in which what is surely the same has been left out: members of the same key, and what two
 * arrays begin and end with. To compare them gives the same differences at the same places as to compare the whole, and most of
 * two large bodies that differ a little is never made a value of.
 */
export class DifferingParts {
  readonly #follower = new TextFollower();
  readonly #candidate = new TokenTape(this.#follower.shapes);

  /** Undefined: one of them is not JSON (UTF-8), or more of it than is compared. */
  read(
    legacy: Uint8Array,
    candidate: Uint8Array,
    rules: RulesAt,
  ): { readonly legacy: JsonValue; readonly candidate: JsonValue } | undefined {
    const isRead = this.#follower.begin(legacy, candidate) && this.#candidate.read(candidate);
    const pair = isRead ? this.#pair(0, 0, rules, 0) : undefined;
    this.#follower.end();
    this.#candidate.clear();
    return pair && { legacy: pair[0], candidate: pair[1] };
  }

  #pair(ours: number, theirs: number, rules: RulesAt, depth: number): [JsonValue, JsonValue] {
    const [left, right] = [this.#follower.tape, this.#candidate];
    const kind = kindAt(left, ours);
    if (depth < MAX_DEPTH && kind === kindAt(right, theirs)) {
      if (kind === OBJECT) {
        const [legacy, candidate] = [membersOf(left, ours), membersOf(right, theirs)];
        if (legacy !== undefined && candidate !== undefined) return this.#members(legacy, candidate, rules, depth);
      }
      if (kind === ARRAY && rules.keyedBy === undefined && !rules.namesPositions) {
        return this.#elements(elementsOf(left, ours), elementsOf(right, theirs), rules, depth);
      }
    }
    return [valueAt(left, ours), valueAt(right, theirs)];
  }

  #members(ours: Members, theirs: Members, rules: RulesAt, depth: number): [JsonValue, JsonValue] {
    const [legacy, candidate] = [new Map<string, JsonValue>(), new Map<string, JsonValue>()];
    for (const [key, node] of ours) {
      const other = theirs.get(key);
      if (other === undefined) legacy.set(key, valueAt(this.#follower.tape, node));
      else if (this.#isSame(node, other)) legacy.set(key, sameInBoth);
      else {
        const [left, right] = this.#pair(node, other, rules.into(key), depth + 1);
        legacy.set(key, left);
        candidate.set(key, right);
      }
    }
    // In its own order, which is that of its differences.
    const ordered = new Map<string, JsonValue>();
    for (const [key, node] of theirs) {
      const isCommon = ours.has(key);
      const differing = isCommon ? candidate.get(key) : valueAt(this.#candidate, node);
      const known = differing === undefined ? sameInBoth : differing;
      ordered.set(key, known);
    }
    return [legacy, ordered];
  }

  #elements(ours: readonly number[], theirs: readonly number[], rules: RulesAt, depth: number): [JsonValue, JsonValue] {
    const most = Math.min(ours.length, theirs.length);
    let start = 0;
    while (start < most && this.#isSame(ours[start]!, theirs[start]!)) start += 1;
    let end = 0;
    while (end < most - start && this.#isSame(ours.at(-1 - end)!, theirs.at(-1 - end)!)) end += 1;
    const [restOfOurs, restOfTheirs] = [ours.slice(start, ours.length - end), theirs.slice(start, theirs.length - end)];
    // Who stands alone on either side is compared with the other, whatever they are.
    const isPair = restOfOurs.length === 1 && restOfTheirs.length === 1;
    const [left, right]: readonly [readonly JsonValue[], readonly JsonValue[]] = isPair
      ? alone(this.#pair(restOfOurs[0]!, restOfTheirs[0]!, rules.into(0), depth + 1))
      : [valuesOf(this.#follower.tape, restOfOurs), valuesOf(this.#candidate, restOfTheirs)];
    return [
      [...sames(start), ...left, ...sames(end)],
      [...sames(start), ...right, ...sames(end)],
    ];
  }

  #isSame(ours: number, theirs: number): boolean {
    return this.#follower.follow(ours, outerStart(this.#candidate, theirs), noRules) >= 0;
  }
}

type Members = ReadonlyMap<string, number>;

/** Undefined: a key is there more than once. */
function membersOf(tape: TokenTape, object: number): Members | undefined {
  const { nodes } = tape;
  const members = new Map<string, number>();
  const end = nodes[object + NEXT]!;
  for (let key = object + NODE; key < end; key = nodes[key + NODE + NEXT]!) {
    const name = tape.text(key);
    if (members.has(name)) return undefined;
    members.set(name, key + NODE);
  }
  return members;
}

function elementsOf({ nodes }: TokenTape, array: number): number[] {
  const elements: number[] = [];
  const end = nodes[array + NEXT]!;
  for (let element = array + NODE; element < end; element = nodes[element + NEXT]!) elements.push(element);
  return elements;
}

function sames(length: number): JsonValue[] {
  return Array.from({ length }, () => sameInBoth);
}

function alone([legacy, candidate]: [JsonValue, JsonValue]): [JsonValue[], JsonValue[]] {
  return [[legacy], [candidate]];
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
