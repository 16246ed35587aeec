const MICROS_PER_DAY = 86_400_000_000n;
const MICROS_PER_SECOND = 1_000_000n;

/** A date as PostgreSQL prints it, from days since 1970-01-01. */
export function dateText(days: number): string {
  const { year, monthAndDay } = civil(days);
  return `${yearText(year)}-${monthAndDay}${eraText(year)}`;
}

/** A time, from microseconds since midnight; the end of the day is 24:00:00. */
export function timeText(micros: bigint): string {
  const seconds = micros / MICROS_PER_SECOND;
  const [hours, minutes] = [seconds / 3600n, (seconds / 60n) % 60n];
  const fraction = fractionText(String(micros % MICROS_PER_SECOND).padStart(6, '0'));
  return `${two(hours)}:${two(minutes)}:${two(seconds % 60n)}${fraction}`;
}

/** An interval without days and months, from microseconds. */
export function durationText(micros: bigint): string {
  return micros < 0n ? `-${timeText(-micros)}` : timeText(micros);
}

/** A timestamp without time zone, from microseconds since 1970-01-01 00:00:00. */
export function timestampText(micros: bigint): string {
  const ofDay = ((micros % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY;
  const { year, monthAndDay } = civil(Number((micros - ofDay) / MICROS_PER_DAY));
  return `${yearText(year)}-${monthAndDay} ${timeText(ofDay)}${eraText(year)}`;
}

const isoInstant = /^([+-]?\d{4,})-(\d\d-\d\d)T(\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?Z$/;

/** A timestamp with time zone, printed for UTC, from an ISO instant in UTC; undefined: it is none. */
export function zonedTimestampText(iso: string): string | undefined {
  if (iso === 'infinity' || iso === '-infinity') return iso;
  const parts = isoInstant.exec(iso);
  if (!parts) return undefined;
  const [, yearPart, monthAndDay, minutes, seconds = '00', fraction = ''] = parts;
  const year = Number(yearPart);
  return `${yearText(year)}-${monthAndDay} ${minutes}:${seconds}${fractionText(fraction)}+00${eraText(year)}`;
}

/** Year 0 is 1 BC, as in ISO 8601. */
function yearText(year: number): string {
  return String(year > 0 ? year : 1 - year).padStart(4, '0');
}

function eraText(year: number): string {
  return year > 0 ? '' : ' BC';
}

function fractionText(digits: string): string {
  const kept = digits.replace(/0+$/, '');
  return kept && `.${kept}`;
}

function two(value: bigint): string {
  return String(value).padStart(2, '0');
}

/**
 * The proleptic Gregorian date of a day. `Date` ends at the year 275760, PostgreSQL's dates at 5874897.
 * Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
 */
function civil(days: number): { readonly year: number; readonly monthAndDay: string } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return { year, monthAndDay: `${two(BigInt(month))}-${two(BigInt(day))}` };
}
