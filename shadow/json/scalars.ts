import { isDecimal, isWithinTolerance, JsonNumber } from './json-number.ts';
import { typeOf } from './json-value.ts';

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

/** Strings by their code units: what Unicode calls canonically equivalent (NFC and NFD) is not the same here. */
export function isSameScalar(legacy: Scalar, candidate: Scalar, tolerance: number | undefined): boolean {
  if (legacy === candidate) return true;
  const areNumbers = legacy instanceof JsonNumber && candidate instanceof JsonNumber;
  if (areNumbers && (legacy.lexeme === candidate.lexeme || legacy.canonical === candidate.canonical)) return true;
  if (tolerance === undefined || typeOf(legacy) !== typeOf(candidate)) return false;
  const [a, b] = [decimalOf(legacy), decimalOf(candidate)];
  return a !== undefined && b !== undefined && isWithinTolerance(a, b, tolerance);
}
