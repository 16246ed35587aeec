import { FigError } from '../../../kernel/fig-error.ts';

/** More digits than these may not fit into a double. */
const SAFE_DIGITS = 15;
const longNumber = /\d{16}/;
const numbers = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Parses JSON without losing digits: integers of more than 15 digits become strings of their digits, which whoever reads
 * them by their schema cannot mistake. Fractions are Java's shortest form of a double, which parses back to the same one.
 * Throws FIG_DEBEZIUM_MESSAGE on what is no JSON.
 */
export function parseExactJson(text: string): unknown {
  try {
    return JSON.parse(quoteIntegers(text, (digits) => digits.length > SAFE_DIGITS));
  } catch (error) {
    throw new FigError('FIG_DEBEZIUM_MESSAGE', `a message is no JSON: ${JSON.stringify(text.slice(0, 60))}`, {
      cause: error,
    });
  }
}

/** The same JSON, with those of its integers as strings that are too long; none has fewer than 16 characters. */
export function quoteIntegers(text: string, isTooLong: (integer: string) => boolean): string {
  if (!longNumber.test(text)) return text;
  const quote = (number: string): string => (/^-?\d+$/.test(number) && isTooLong(number) ? `"${number}"` : number);
  const parts: string[] = [];
  for (let at = 0; at < text.length;) {
    const start = text.indexOf('"', at);
    const outside = text.slice(at, start < 0 ? text.length : start);
    parts.push(longNumber.test(outside) ? outside.replaceAll(numbers, quote) : outside);
    if (start < 0) break;
    const end = endOfString(text, start);
    parts.push(text.slice(start, end));
    at = end;
  }
  return parts.join('');
}

/** Behind the quote that closes the string. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}
