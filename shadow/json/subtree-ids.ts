import type { RulesAt } from '../path-rules.ts';
import { Instant } from './instant.ts';
import { JsonNumber } from './json-number.ts';
import { isContainer, isObject, Repeated, type JsonContainer, type JsonValue } from './json-value.ts';
import type { Scalar } from './scalars.ts';
import { meaningOf, type ValueSense } from './value-sense.ts';
import type { WorkBudget } from './work-budget.ts';

/** A member is kept as `key * MEMBER + value` in one number: ids stay below 2^26, as a comparison has fewer values. */
const MEMBER = 2 ** 26;

type Kind = 'array' | 'keyed' | 'object' | 'repeated';

/** A container in terms of its children, and the next one that falls into the same place of the table. */
interface KnownContainer {
  readonly kind: Kind;
  readonly children: readonly number[];
  readonly id: number;
  readonly next: KnownContainer | undefined;
}

/**
 * Numbers that stand for values: equal numbers, equal values under the rules. They are given by looking each value up in
 * terms of its children's numbers (hash-consing), bottom up, so that no two values share one by chance.
 *
 * Formats are heeded, tolerances are left out of it: values with different numbers may still be equal within one.
 */
export class SubtreeIds {
  readonly #budget: WorkBudget;
  readonly #strings = new Map<string, number>();
  /** Of words and numbers as they are written, and of numbers by their decimal behind a `#`. */
  readonly #words = new Map<string, number>();
  readonly #containers = new Map<number, KnownContainer>();
  readonly #known = new Map<RulesAt, Map<JsonContainer, number>>();
  #last = 0;

  constructor(budget: WorkBudget) {
    this.#budget = budget;
  }

  /** Throws `OutOfBudget`. */
  of(value: JsonValue, rules: RulesAt): number {
    const known = this.#idAtOnce(value, rules);
    if (known !== undefined || !isContainer(value)) return known ?? 0;
    const open = [new Frame(value, rules)];
    for (;;) {
      const frame = open.at(-1)!;
      const child = this.#advance(frame);
      if (child !== undefined) {
        open.push(child);
        continue;
      }
      open.pop();
      const id = this.#close(frame);
      const above = open.at(-1);
      if (above === undefined) return id;
      this.#add(above, id);
    }
  }

  /** Takes children that are known; the first one that is not is returned to be looked into. */
  #advance(frame: Frame): Frame | undefined {
    for (let next = frame.next(); next !== undefined; next = frame.next()) {
      this.#budget.spend(1);
      const below = frame.rulesBelow(next.step);
      if (below.ignored) continue;
      frame.key = next.step;
      const id = this.#idAtOnce(next.value, below);
      if (id !== undefined) this.#add(frame, id);
      else if (isContainer(next.value)) return new Frame(next.value, below);
    }
    return undefined;
  }

  #add(frame: Frame, id: number): void {
    frame.ids.push(typeof frame.key === 'string' ? this.#string(frame.key) * MEMBER + id : id);
  }

  #close({ value, rules, ids }: Frame): number {
    const isKeyed = rules.keyedBy !== undefined && Array.isArray(value);
    if (isKeyed || isObject(value)) sortNumbers(ids);
    const id = this.#container(kindOf(value, isKeyed), ids);
    let known = this.#known.get(rules);
    if (known === undefined) this.#known.set(rules, (known = new Map()));
    known.set(value, id);
    return id;
  }

  #idAtOnce(value: JsonValue, rules: RulesAt): number | undefined {
    return isContainer(value) ? this.#known.get(rules)?.get(value) : this.#meaning(value, rules.senses);
  }

  #meaning(value: Scalar, sense: ValueSense | undefined): number {
    if (sense === undefined) return this.#scalar(value);
    const meaning = meaningOf(value, sense);
    return meaning instanceof Instant ? this.#word(meaning.text) : this.#scalar(meaning);
  }

  #scalar(value: Scalar): number {
    if (typeof value === 'string') return this.#string(value);
    const written = value instanceof JsonNumber ? value.lexeme : String(value);
    let id = this.#words.get(written);
    if (id === undefined) {
      const meant = value instanceof JsonNumber ? `#${value.canonical}` : written;
      id = this.#words.get(meant) ?? this.#next();
      this.#words.set(meant, id).set(written, id);
    }
    return id;
  }

  #word(text: string): number {
    let id = this.#words.get(text);
    if (id === undefined) this.#words.set(text, (id = this.#next()));
    return id;
  }

  #string(text: string): number {
    let id = this.#strings.get(text);
    if (id === undefined) this.#strings.set(text, (id = this.#next()));
    return id;
  }

  #container(kind: Kind, children: readonly number[]): number {
    const hash = hashOf(kind, children);
    const first = this.#containers.get(hash);
    for (let known = first; known !== undefined; known = known.next) {
      this.#budget.spend(1);
      if (known.kind === kind && areSame(known.children, children)) return known.id;
    }
    const id = this.#next();
    this.#containers.set(hash, { kind, children, id, next: first });
    return id;
  }

  #next(): number {
    this.#last += 1;
    return this.#last;
  }
}

/** A container whose children are being numbered. */
class Frame {
  readonly value: JsonContainer;
  readonly rules: RulesAt;
  readonly ids: number[] = [];
  /** Where the child that is looked into belongs. */
  key: string | number = 0;
  readonly #members: Iterator<readonly [string, JsonValue]> | undefined;
  readonly #elements: readonly JsonValue[];
  #position = 0;

  constructor(value: JsonContainer, rules: RulesAt) {
    this.value = value;
    this.rules = rules;
    this.#members = isObject(value) ? value.entries() : undefined;
    this.#elements = isObject(value) ? [] : value instanceof Repeated ? value.values : value;
  }

  next(): { readonly step: string | number; readonly value: JsonValue } | undefined {
    if (this.#members !== undefined) {
      const { done, value } = this.#members.next();
      return done === true ? undefined : { step: value[0], value: value[1] };
    }
    const at = this.#position;
    if (at >= this.#elements.length) return undefined;
    this.#position += 1;
    return { step: at, value: this.#elements[at]! };
  }

  /** The values of a repeated key all stand at the place of the key. */
  rulesBelow(step: string | number): RulesAt {
    return this.value instanceof Repeated ? this.rules : this.rules.into(step);
  }
}

function sortNumbers(numbers: number[]): void {
  for (let i = 1; i < numbers.length; i += 1) {
    if (numbers[i - 1]! > numbers[i]!) {
      numbers.sort((a, b) => a - b);
      return;
    }
  }
}

function kindOf(value: JsonContainer, isKeyed: boolean): Kind {
  if (isObject(value)) return 'object';
  if (value instanceof Repeated) return 'repeated';
  return isKeyed ? 'keyed' : 'array';
}

/** Where in the table to look; what is found there is compared. */
function hashOf(kind: Kind, children: readonly number[]): number {
  let hash = kind.length;
  for (const child of children) {
    hash = Math.imul(hash ^ child, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15) ^ (child / MEMBER), 0x85ebca6b);
  }
  return hash ^ (hash >>> 13);
}

function areSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((child, index) => child === b[index]);
}
