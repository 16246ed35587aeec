/**
 * A time as it was written, to its last digit. One that names no zone is a time of some wall clock: it can be compared with
 * others of its kind and never with a point in time.
 */
export class Instant {
  readonly isZoned: boolean;
  /** Whole seconds since 1970-01-01T00:00:00, in UTC or of the wall clock. */
  readonly seconds: number;
  /** The digits of the part of a second, without zeros at the end. */
  readonly fraction: string;

  constructor(isZoned: boolean, seconds: number, fraction: string) {
    this.isZoned = isZoned;
    this.seconds = seconds;
    this.fraction = fraction;
  }

  /** The same for all ways to write one time; `@` begins no text of a JSON value. */
  get text(): string {
    return `@${this.isZoned ? '' : 'clock '}${this.seconds}.${this.fraction}`;
  }
}

/** ISO 8601 and RFC 3339, with seconds or without, in their long and their short form. `24:00` and leap seconds are not read. */
const written =
  /^(\d{4})(-?)(\d\d)\2(\d\d)[Tt ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,40}))?)? ?(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)?$/;

/** Undefined: it is no time, or only a day. */
export function instantOf(text: string): Instant | undefined {
  if (text.length < 13 || text.length > 80) return undefined;
  const parts = written.exec(text);
  if (!parts) return undefined;
  const [year, month, day, hour, minute, second] = [1, 3, 4, 5, 6, 7].map((at) => Number(parts[at] ?? 0));
  const midnight = midnightOf(year!, month!, day!);
  const isInRange = hour! < 24 && minute! < 60 && second! < 60;
  const [offsetHours, offsetMinutes] = [Number(parts[11] ?? 0), Number(parts[12] ?? 0)];
  if (midnight === undefined || !isInRange || offsetHours > 23 || offsetMinutes > 59) return undefined;
  const offset = (parts[10] === '-' ? -60 : 60) * (offsetHours * 60 + offsetMinutes);
  const clock = midnight + hour! * 3_600 + minute! * 60 + second!;
  const isZoned = parts[9] !== undefined || parts[10] !== undefined;
  return new Instant(isZoned, clock - offset, (parts[8] ?? '').replace(/0+$/, ''));
}

/** Seconds since 1970; undefined for a day that no calendar has. */
function midnightOf(year: number, month: number, day: number): number | undefined {
  // Unlike Date.UTC this takes the first hundred years for what they are.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() / 1_000 : undefined;
}

/** Whether two times are no further apart than so many milliseconds. Exact to the last digit. */
export function isWithinTime(a: Instant, b: Instant, limitMs: number): boolean {
  if (a.isZoned !== b.isZoned) return false;
  const digits = Math.max(a.fraction.length, b.fraction.length, 3);
  const gap = scaled(a, digits) - scaled(b, digits);
  return (gap < 0n ? -gap : gap) <= BigInt(limitMs) * 10n ** BigInt(digits - 3);
}

function scaled({ seconds, fraction }: Instant, digits: number): bigint {
  return BigInt(seconds) * 10n ** BigInt(digits) + BigInt(fraction.padEnd(digits, '0'));
}
