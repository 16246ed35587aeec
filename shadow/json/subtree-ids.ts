import type { RulesAt } from '../path-rules.ts';
import { JsonNumber } from './json-number.ts';
import { isContainer, isObject, Repeated, type JsonContainer, type JsonValue } from './json-value.ts';
import type { Scalar } from './scalars.ts';
import type { WorkBudget } from './work-budget.ts';

/** A member is kept as `key * MEMBER + value` in one number: ids stay below 2^26, as a comparison has fewer values. */
const MEMBER = 2 ** 26;

/**
 * Numbers that stand for values: equal numbers, equal values under the rules. They are given by writing each value in
 * terms of its children's numbers (hash-consing), bottom up, so that no two values share one by chance.
 *
 * Tolerances are left out of it: values with different numbers may still be equal within one.
 */
export class SubtreeIds {
  readonly #budget: WorkBudget;
  readonly #ids = new Map<string, number>();
  readonly #numbers = new Map<string, number>();
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
    frame.ids.push(typeof frame.key === 'string' ? this.#intern(`"${frame.key}`) * MEMBER + id : id);
  }

  #close({ value, rules, ids }: Frame): number {
    const isKeyed = rules.keyedBy !== undefined && Array.isArray(value);
    if (isKeyed || isObject(value)) sortNumbers(ids);
    const opening = isObject(value) ? '{' : value instanceof Repeated ? '=' : isKeyed ? '(' : '[';
    const id = this.#intern(opening + ids.join(','));
    let known = this.#known.get(rules);
    if (known === undefined) this.#known.set(rules, (known = new Map()));
    known.set(value, id);
    return id;
  }

  #idAtOnce(value: JsonValue, rules: RulesAt): number | undefined {
    return isContainer(value) ? this.#known.get(rules)?.get(value) : this.#scalar(value);
  }

  #scalar(value: Scalar): number {
    if (typeof value === 'string') return this.#intern(`"${value}`);
    if (!(value instanceof JsonNumber)) return this.#intern(String(value));
    let id = this.#numbers.get(value.lexeme);
    if (id === undefined) this.#numbers.set(value.lexeme, (id = this.#intern(`#${value.canonical}`)));
    return id;
  }

  #intern(text: string): number {
    let id = this.#ids.get(text);
    if (id === undefined) this.#ids.set(text, (id = this.#next()));
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
