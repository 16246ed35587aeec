import { shortestDouble, shortestReal } from './shortest-digits.ts';

/** From these decimal exponents on PostgreSQL prints `1e+15` (double precision) and `1e+06` (real), see its d2s.c, f2s.c. */
const DOUBLE_DIGITS = 15;
const REAL_DIGITS = 6;

/** A double precision as PostgreSQL prints it. */
export function doubleText(value: number): string {
  return special(value) ?? layOut(shortestDouble(value), DOUBLE_DIGITS);
}

/** A real as PostgreSQL prints it. The value is the double that is nearest to its decimal text. */
export function realText(value: number): string {
  const real = Math.fround(value);
  return special(real) ?? layOut(shortestReal(real), REAL_DIGITS);
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  return undefined;
}

/** From `d.ddde-7` to PostgreSQL's notation. */
function layOut(scientific: string, fixedBelow: number): string {
  const [mantissa, power] = scientific.split('e') as [string, string];
  const exponent = Number(power);
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replaceAll(/[-.]/g, '').replace(/0+$/, '') || '0';
  if (exponent < -4 || exponent >= fixedBelow) {
    const rest = digits.length > 1 ? `.${digits.slice(1)}` : '';
    return `${sign}${digits[0]}${rest}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return `${sign}${whole}${fraction && `.${fraction}`}`;
}
