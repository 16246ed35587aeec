import { maxShown } from '../display-text.ts';
import { isDecimal } from '../json/json-number.ts';
import { isArray, isObject, Repeated, type JsonValue } from '../json/json-value.ts';
import { scalarText } from '../json/scalars.ts';

/** Shorter numbers are prices and amounts, which tolerances are for. */
const HASHED_DIGITS = 7;
/** As long as telephone numbers, which are hashes also where only one side has them. */
const ALWAYS_HASHED_DIGITS = 9;

/** With a time of day: a date alone may be somebody's birthday. */
const times = [
  /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?(?:Z|[+-]\d\d(?::?\d\d)?))?$/,
  /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (?:GMT|[+-]\d{4})$/,
];

/** What the other side's scalars are asked for. No I/O. */
export class OtherSide {
  /** See `scalarText`. */
  readonly #texts = new Set<string>();

  /** Undefined: it has no values. */
  constructor(value: JsonValue | undefined) {
    const left: JsonValue[] = value === undefined ? [] : [value];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      if (isArray(next)) for (const each of next) left.push(each);
      else if (isObject(next)) for (const each of next.values()) left.push(each);
      else if (next instanceof Repeated) for (const each of next.values) left.push(each);
      else this.#texts.add(scalarText(next));
    }
  }

  /** Whether more may be asked of a text than whether the other side has it: how far off it is. */
  needsText(text: string): boolean {
    if (text.length > maxShown || this.#texts.has(scalarText(text))) return false;
    const isNumber = isDecimal(text) && digitsOf(text) < HASHED_DIGITS;
    return isNumber || times.some((pattern) => pattern.test(text));
  }

  /** The same for a number, by its lexeme and its `scalarText`. */
  needsNumber(lexeme: string, text: string): boolean {
    const digits = digitsOf(lexeme);
    return digits < HASHED_DIGITS || (digits < ALWAYS_HASHED_DIGITS && !this.#texts.has(text));
  }
}

function digitsOf(lexeme: string): number {
  return lexeme.replaceAll(/\D/g, '').length;
}
