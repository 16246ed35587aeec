import { maxSearched, maxShown, shorten } from '../display-text.ts';
import type { PlaceStep } from '../json-path.ts';
import type { RulesAt } from '../path-rules.ts';
import type { Redactor } from '../redact.ts';
import { digestJson } from './digest-json.ts';
import { JsonNumber } from './json-number.ts';
import { isArray, isContainer, isObject, Repeated, type JsonValue } from './json-value.ts';
import { scalarText } from './scalars.ts';

/**
 * JSON text of a value as it may be stored: personal data replaced, at most 200 characters. The values of a repeated key
 * are shown as `repeated: 1,2`.
 */
export function displayJson(value: JsonValue, rules: RulesAt, redactor: Redactor): string {
  const writer = new Writer(redactor);
  writer.write(value, rules);
  return shorten(writer.text);
}

/** The same of a value at a place: hidden where the name of what it stands in says that it is a secret. */
export function displayAt(place: readonly PlaceStep[], value: JsonValue, rules: RulesAt, redactor: Redactor): string {
  const isSecret = place.some((step) => typeof step === 'string' && redactor.isSecretField(step));
  return isSecret ? JSON.stringify(redactor.hash(textOf(value, rules))) : displayJson(value, rules, redactor);
}

/** Writes no more than is shown, so that a subtree of megabytes, or a million levels, costs nothing: each level takes a bracket. */
class Writer {
  text = '';
  readonly #redactor: Redactor;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  write(value: JsonValue, rules: RulesAt): void {
    if (this.text.length > maxShown) return;
    if (rules.redacted) this.text += JSON.stringify(this.#redactor.hash(textOf(value, rules)));
    else if (isArray(value))
      this.#writeList('[', ']', value.keys(), (index) => this.write(value[index]!, rules.into(index)));
    else if (isObject(value))
      this.#writeList('{', '}', value.entries(), ([key, entry]) => this.#writeMember(key, entry, rules));
    else if (value instanceof Repeated)
      this.#writeList('repeated: ', '', value.values.values(), (each) => this.write(each, rules));
    else if (typeof value === 'string') this.text += JSON.stringify(this.#redactor.text(value.slice(0, maxSearched)));
    else if (value instanceof JsonNumber) this.text += this.#number(value.lexeme);
    else this.text += scalarText(value);
  }

  #writeList<K>(open: string, close: string, keys: Iterable<K>, writeOne: (key: K) => void): void {
    this.text += open;
    let separator = '';
    for (const key of keys) {
      if (this.text.length > maxShown) return;
      this.text += separator;
      separator = ',';
      writeOne(key);
    }
    this.text += close;
  }

  #writeMember(key: string, value: JsonValue, rules: RulesAt): void {
    // Below what is personal nothing is written, so this key is none of a personal object's.
    this.text += `${JSON.stringify(this.#redactor.text(key.slice(0, maxSearched)))}:`;
    const below = rules.into(key);
    if (this.#redactor.isSecretField(key)) this.text += JSON.stringify(this.#redactor.hash(textOf(value, below)));
    else this.write(value, below);
  }

  /** A card number may also be written as a number. */
  #number(lexeme: string): string {
    const shown = lexeme.slice(0, maxSearched);
    return this.#redactor.isPersonal(shown) ? JSON.stringify(this.#redactor.text(shown)) : shown;
  }
}

/** The same for equal values. */
function textOf(value: JsonValue, rules: RulesAt): string {
  return isContainer(value) ? digestJson(value, rules).toString('hex') : scalarText(value);
}
