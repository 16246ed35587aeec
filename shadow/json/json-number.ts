/**
 * A number as it is written in JSON, with every digit. Two numbers are the same when they are the same decimal: 1.0 is
 * 1 and 1e1 is 10, but 9007199254740993 is not 9007199254740992, and -0 is not 0.
 */
export class JsonNumber {
  readonly lexeme: string;

  constructor(lexeme: string) {
    this.lexeme = lexeme;
  }

  /** One text for all ways to write the same decimal; made anew with each call. */
  get canonical(): string {
    return canonicalDecimal(this.lexeme);
  }
}

const grammar = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** Beyond this many digits an exponent is no number anyone computes with; such lexemes only equal themselves. */
const MAX_EXPONENT_DIGITS = 15;
/** The widest gap of exponents within which two decimals are subtracted digit by digit. */
const MAX_SCALE = 400;
const MAX_DIGITS = 2_000;

interface Decimal {
  readonly sign: string;
  /** Without leading or trailing zeros; empty for zero. */
  readonly digits: string;
  readonly exponent: number;
}

function readDecimal(text: string): Decimal | undefined {
  const parts = grammar.exec(text);
  if (!parts) return undefined;
  const exponentText = parts[4] ?? '0';
  if (exponentText.length > MAX_EXPONENT_DIGITS) return undefined;
  const all = parts[2]! + (parts[3] ?? '');
  const digits = stripZeros(all);
  const trailing = all.length - lastNonZero(all) - 1;
  return { sign: parts[1]!, digits, exponent: Number(exponentText) - (parts[3]?.length ?? 0) + trailing };
}

/** The position of the last digit that is not 0, or -1. A regular expression would take quadratic time on `0000...1`. */
function lastNonZero(digits: string): number {
  let end = digits.length - 1;
  while (end >= 0 && digits.charCodeAt(end) === 0x30) end -= 1;
  return end;
}

function stripZeros(digits: string): string {
  const end = lastNonZero(digits);
  let start = 0;
  while (start <= end && digits.charCodeAt(start) === 0x30) start += 1;
  return digits.slice(start, end + 1);
}

function canonicalDecimal(lexeme: string): string {
  const decimal = readDecimal(lexeme);
  if (!decimal) return lexeme.toLowerCase();
  if (decimal.digits === '') return `${decimal.sign}0`;
  return `${decimal.sign}${decimal.digits}e${decimal.exponent}`;
}

/** Whether a text is a decimal that a tolerance may be applied to. */
export function isDecimal(text: string): boolean {
  return readDecimal(text) !== undefined;
}

/** Whether two decimals differ by no more than the tolerance. Exact: 0.3 and 0.295 are within 0.005. */
export function isWithinTolerance(a: string, b: string, tolerance: number): boolean {
  const read = readTogether(a, b, tolerance);
  return read !== undefined && gapOf(read) <= scaled(read.limit, read.scale);
}

/** Whether two decimals differ by no more than this share of the one that is further from zero. Exact. */
export function isWithinRelative(a: string, b: string, share: number): boolean {
  const read = readTogether(a, b, share);
  if (read === undefined) return false;
  const { left, right, limit, scale } = read;
  // Both sides are multiplied by the power of ten that makes a whole number of the share.
  const shift = BigInt(Math.max(0, -limit.exponent));
  const whole = scaled(limit, -Number(shift));
  const [x, y] = [magnitude(scaled(left, scale)), magnitude(scaled(right, scale))];
  return gapOf(read) * 10n ** shift <= whole * (x > y ? x : y);
}

interface Together {
  readonly left: Decimal;
  readonly right: Decimal;
  readonly limit: Decimal;
  /** The least exponent of the three. */
  readonly scale: number;
}

/** Undefined: one is no decimal, or they are too long or too far apart to be subtracted. */
function readTogether(a: string, b: string, limitOf: number): Together | undefined {
  const [left, right, limit] = [readDecimal(a), readDecimal(b), readDecimal(String(limitOf))];
  if (!left || !right || !limit) return undefined;
  const parts = [left, right, limit];
  if (parts.some(({ digits }) => digits.length > MAX_DIGITS)) return undefined;
  const exponents = parts.filter(({ digits }) => digits !== '').map(({ exponent }) => exponent);
  const scale = exponents.length === 0 ? 0 : Math.min(...exponents);
  if (exponents.length > 0 && Math.max(...exponents) - scale > MAX_SCALE) return undefined;
  return { left, right, limit, scale };
}

function gapOf({ left, right, scale }: Together): bigint {
  return magnitude(scaled(left, scale) - scaled(right, scale));
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function scaled({ sign, digits, exponent }: Decimal, scale: number): bigint {
  if (digits === '') return 0n;
  const size = BigInt(digits) * 10n ** BigInt(exponent - scale);
  return sign === '-' ? -size : size;
}
