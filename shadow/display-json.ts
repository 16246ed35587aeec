import { canonicalJson, scalarText } from './canonical-json.ts';
import { JsonNumber } from './json-number.ts';
import { isArray, isObject, type JsonValue } from './parse-json.ts';
import type { RulesAt } from './path-rules.ts';
import type { Redactor } from './redact.ts';

const MAX_SHOWN = 200;
/** Texts are cut to this before personal data is looked for, which is long before they are cut for showing. */
const MAX_SEARCHED = 4_096;

/** JSON text of a value as it may be stored: personal data replaced, at most 200 characters. */
export function displayJson(value: JsonValue, rules: RulesAt, redactor: Redactor): string {
  const writer = new Writer(redactor);
  writer.write(value, rules);
  return shorten(writer.text);
}

/** A text as it may be stored: personal data replaced, at most 200 characters. */
export function displayText(text: string, redactor: Redactor): string {
  return shorten(redactor.text(text.slice(0, MAX_SEARCHED)));
}

function shorten(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN - 1)}…` : text;
}

/** Writes no more than is shown, so that a subtree of megabytes costs nothing. */
class Writer {
  text = '';
  readonly #redactor: Redactor;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  write(value: JsonValue, rules: RulesAt): void {
    if (this.text.length > MAX_SHOWN) return;
    if (rules.redacted) this.text += JSON.stringify(this.#redactor.hash(canonicalJson(value, rules)));
    else if (isArray(value))
      this.#writeList('[', ']', value.keys(), (index) => this.write(value[index]!, rules.into(index)));
    else if (isObject(value))
      this.#writeList('{', '}', Object.keys(value).values(), (key) => this.#writeMember(key, value[key]!, rules));
    else if (typeof value === 'string') this.text += JSON.stringify(this.#redactor.text(value.slice(0, MAX_SEARCHED)));
    else if (value instanceof JsonNumber) this.text += this.#number(value.lexeme);
    else this.text += scalarText(value);
  }

  #writeList<K>(open: string, close: string, keys: Iterable<K>, writeOne: (key: K) => void): void {
    this.text += open;
    let separator = '';
    for (const key of keys) {
      if (this.text.length > MAX_SHOWN) return;
      this.text += separator;
      separator = ',';
      writeOne(key);
    }
    this.text += close;
  }

  #writeMember(key: string, value: JsonValue, rules: RulesAt): void {
    this.text += `${JSON.stringify(this.#redactor.text(key.slice(0, MAX_SEARCHED)))}:`;
    this.write(value, rules.into(key));
  }

  /** A card number may also be written as a number. */
  #number(lexeme: string): string {
    const shown = lexeme.slice(0, MAX_SEARCHED);
    return this.#redactor.isPersonal(shown) ? JSON.stringify(this.#redactor.text(shown)) : shown;
  }
}
