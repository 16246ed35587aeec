import { createHash } from 'node:crypto';
import type { RulesAt } from '../path-rules.ts';
import { isArray, isContainer, isObject, type JsonArray, type JsonObject, type JsonValue } from './json-value.ts';
import { steppedText } from './stepped-text.ts';

/**
 * SHA-256 of one text for all values that mean the same under the rules: keys sorted, numbers as decimals, ignored places
 * left out, keyed and unordered arrays in whatever order, formats by what they say, values with a tolerance in steps of it.
 */
export function digestJson(value: JsonValue, rules: RulesAt): Buffer {
  return new Digester().run(value, rules);
}

type Task =
  | { readonly kind: 'value'; readonly value: JsonValue; readonly rules: RulesAt }
  | { readonly kind: 'text'; readonly text: string }
  /** An element of a keyed array begins, which has a digest of its own. */
  | { readonly kind: 'element' }
  | { readonly kind: 'element-end' }
  /** All elements of a keyed array have theirs. */
  | { readonly kind: 'keyed-end' };

const beginElement: Task = { kind: 'element' };
const endElement: Task = { kind: 'element-end' };
const endKeyed: Task = { kind: 'keyed-end' };

/** Every value's text ends with a comma or a bracket, so that no two sequences of values have the same text. */
class Digester {
  /** What is left to be written, last one first. */
  readonly #tasks: Task[] = [];
  /** The text of the whole, and above it those of the elements that are being written. */
  readonly #texts = [new HashedText()];
  /** Digests of elements, for each keyed array that is being written. */
  readonly #elements: string[][] = [];

  run(whole: JsonValue, rulesOfWhole: RulesAt): Buffer {
    this.#tasks.push({ kind: 'value', value: whole, rules: rulesOfWhole });
    for (let task = this.#tasks.pop(); task !== undefined; task = this.#tasks.pop()) this.#do(task);
    return this.#texts[0]!.digest();
  }

  #do(task: Task): void {
    if (task.kind === 'value') this.#value(task.value, task.rules);
    else if (task.kind === 'text') this.#write(task.text);
    else if (task.kind === 'element') this.#texts.push(new HashedText());
    else if (task.kind === 'element-end') this.#elements.at(-1)!.push(this.#texts.pop()!.digest().toString('base64'));
    else this.#write(`(${this.#elements.pop()!.toSorted().join(',')})`);
  }

  #value(value: JsonValue, rules: RulesAt): void {
    if (rules.ignored) return;
    if (!isContainer(value)) this.#write(`${steppedText(value, rules.senses)},`);
    else if (isObject(value)) this.#object(value, rules);
    else if (isArray(value)) this.#array(value, rules);
    else {
      this.#write('=[');
      this.#tasks.push({ kind: 'text', text: ']' });
      for (const each of value.values.toReversed()) this.#tasks.push({ kind: 'value', value: each, rules });
    }
  }

  #object(value: JsonObject, rules: RulesAt): void {
    this.#write('{');
    this.#tasks.push({ kind: 'text', text: '}' });
    for (const key of [...value.keys()].toSorted().toReversed()) {
      const below = rules.into(key);
      if (below.ignored) continue;
      this.#tasks.push({ kind: 'value', value: value.get(key)!, rules: below });
      this.#tasks.push({ kind: 'text', text: `${JSON.stringify(key)}:` });
    }
  }

  #array(value: JsonArray, rules: RulesAt): void {
    const isKeyed = rules.keyedBy !== undefined;
    if (isKeyed) this.#elements.push([]);
    else this.#write('[');
    this.#tasks.push(isKeyed ? endKeyed : { kind: 'text', text: ']' });
    for (let at = value.length - 1; at >= 0; at -= 1) {
      const below = rules.into(at);
      if (below.ignored) continue;
      if (isKeyed) this.#tasks.push(endElement);
      this.#tasks.push({ kind: 'value', value: value[at]!, rules: below });
      if (isKeyed) this.#tasks.push(beginElement);
    }
  }

  #write(text: string): void {
    this.#texts.at(-1)!.write(text);
  }
}

const HASHED_AT_ONCE = 16_384;

/** Text that is hashed in larger pieces than it is written in. */
class HashedText {
  readonly #hash = createHash('sha256');
  #pending = '';

  write(text: string): void {
    this.#pending += text;
    if (this.#pending.length < HASHED_AT_ONCE) return;
    this.#hash.update(this.#pending);
    this.#pending = '';
  }

  digest(): Buffer {
    return this.#hash.update(this.#pending).digest();
  }
}
