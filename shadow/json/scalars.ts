import { isDecimal, JsonNumber } from './json-number.ts';

/** What stands alone: null, a boolean, a string or a number. */
export type Scalar = null | boolean | string | JsonNumber;

/** One text per scalar and type; texts of different types never meet, and each is ASCII or valid Unicode. */
export function scalarText(value: Scalar): string {
  return value instanceof JsonNumber ? value.canonical : JSON.stringify(value);
}

/** The decimal of a number or of a string that holds one, which is what a tolerance applies to. */
export function decimalOf(value: Scalar): string | undefined {
  if (value instanceof JsonNumber) return value.lexeme;
  return typeof value === 'string' && isDecimal(value) ? value : undefined;
}
