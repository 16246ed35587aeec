import { JsonNumber } from './json-number.ts';
import { Repeated, type JsonValue } from './json-value.ts';
import { TextScanner } from './text-scanner.ts';

export type JsonFault =
  /** It is not JSON at all. */
  | 'not-json'
  /** Nested deeper than `maxJsonDepth`. */
  | 'too-deep'
  /** More values than can be compared within reasonable time and memory. */
  | 'too-complex';

export type ParsedJson =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly fault: JsonFault };

export const maxJsonDepth = 10_000;
export const maxJsonValues = 250_000;

type Open = JsonValue[] | Map<string, JsonValue>;

const CLOSES_OBJECT = 0x7d;
const CLOSES_ARRAY = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;
const QUOTE = 0x22;

/**
 * Parses JSON (RFC 8259) without losing a digit, a key or one of several values of the same key, and without recursion.
 * What is JSON and not read for its size is still checked to its end: a fault never says more than is known.
 */
export function parseJson(text: string): ParsedJson {
  return new Parser(text).parse();
}

class Parser {
  readonly #scanner: TextScanner;
  readonly #open: Open[] = [];
  /** The key of the member that is read, for each of `#open`; of no meaning for arrays. */
  readonly #keys: string[] = [];
  #values = 0;
  /** Set once the text is too much: the rest is only checked, and nothing is kept. */
  #excess: 'too-deep' | 'too-complex' | undefined;

  constructor(text: string) {
    this.#scanner = new TextScanner(text);
  }

  parse(): ParsedJson {
    for (;;) {
      const value = this.#begin();
      if (value === undefined) return { ok: false, fault: 'not-json' };
      if (value === opened) continue;
      const ended = this.#attach(value);
      if (ended !== undefined) return ended;
    }
  }

  /** Reads a scalar or an empty container whole; of any other container its opening and, if it has one, its first key. */
  #begin(): JsonValue | typeof opened | undefined {
    const scanner = this.#scanner;
    this.#values += 1;
    if (this.#values > maxJsonValues) this.#excess ??= 'too-complex';
    switch (scanner.peek()) {
      case QUOTE:
        return scanner.readString();
      case 0x7b:
        return this.#beginObject();
      case 0x5b:
        return this.#beginArray();
      case 0x74:
        return scanner.takes('true') ? true : undefined;
      case 0x66:
        return scanner.takes('false') ? false : undefined;
      case 0x6e:
        return scanner.takes('null') ? null : undefined;
      default: {
        const lexeme = scanner.readNumber();
        return lexeme === undefined ? undefined : new JsonNumber(lexeme);
      }
    }
  }

  #beginObject(): JsonValue | typeof opened | undefined {
    const scanner = this.#scanner;
    scanner.at += 1;
    if (scanner.peek() === CLOSES_OBJECT) {
      scanner.at += 1;
      return this.#isTooDeepInside() ? nothingMap : new Map();
    }
    this.#push(this.#isTooDeepInside() || this.#excess ? nothingMap : new Map());
    return this.#readKey() ? opened : undefined;
  }

  #beginArray(): JsonValue | typeof opened {
    const scanner = this.#scanner;
    scanner.at += 1;
    if (scanner.peek() === CLOSES_ARRAY) {
      scanner.at += 1;
      return this.#isTooDeepInside() ? nothingArray : [];
    }
    this.#push(this.#isTooDeepInside() || this.#excess ? nothingArray : []);
    return opened;
  }

  #isTooDeepInside(): boolean {
    if (this.#open.length < maxJsonDepth) return false;
    this.#excess ??= 'too-deep';
    return true;
  }

  #push(container: Open): void {
    this.#open.push(container);
    this.#keys.push('');
  }

  #readKey(): boolean {
    const scanner = this.#scanner;
    if (scanner.peek() !== QUOTE) return false;
    const key = scanner.readString();
    if (key === undefined || scanner.peek() !== COLON) return false;
    scanner.at += 1;
    this.#keys[this.#keys.length - 1] = key;
    return true;
  }

  /** Puts a value where it belongs, and closes what ends behind it. Undefined: another value comes. */
  #attach(first: JsonValue): ParsedJson | undefined {
    const scanner = this.#scanner;
    let value = first;
    for (;;) {
      const container = this.#open.at(-1);
      const code = scanner.peek();
      if (container === undefined) return Number.isNaN(code) ? this.#result(value) : notJson;
      if (!this.#excess) this.#keep(container, value);
      scanner.at += 1;
      const isArray = Array.isArray(container);
      if (code === COMMA) return isArray || this.#readKey() ? undefined : notJson;
      if (code !== (isArray ? CLOSES_ARRAY : CLOSES_OBJECT)) return notJson;
      this.#open.pop();
      this.#keys.pop();
      value = container;
    }
  }

  #keep(container: Open, value: JsonValue): void {
    if (Array.isArray(container)) {
      container.push(value);
      return;
    }
    const key = this.#keys.at(-1)!;
    const known = container.get(key);
    if (known === undefined) container.set(key, value);
    else if (known instanceof Repeated) known.add(value);
    else container.set(key, new Repeated([known, value]));
  }

  #result(value: JsonValue): ParsedJson {
    return this.#excess === undefined ? { ok: true, value } : { ok: false, fault: this.#excess };
  }
}

/** Says that a container has been opened and its first value comes. */
const opened = Symbol('opened');
const notJson: ParsedJson = { ok: false, fault: 'not-json' };
/** Stand for what is not kept. */
const nothingArray: JsonValue[] = [];
const nothingMap = new Map<string, JsonValue>();
