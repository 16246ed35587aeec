/**
 * The fewest digits that read back as the same number, as `d.ddde-7`. PostgreSQL differs from JavaScript in one thing: digits
 * that lie exactly in the middle of two numbers do not count, however they would be rounded. Of two equally near ones it takes
 * the even one. Source: PostgreSQL's d2s.c and f2s.c, after Ulf Adams, "Ryu: Fast Float-to-String Conversion", PLDI 2018.
 */
export function shortestDouble(value: number): string {
  const shortest = value.toExponential();
  // Below, what lies in the middle has more digits than the shortest ones.
  if (Math.abs(value) < 2 ** 53) return shortest;
  const magnitude = Math.abs(value);
  const [low, high] = [quadruple(doubleAt(magnitude, -1n)), quadruple(doubleAt(magnitude, 1n))];
  const own = quadruple(magnitude);
  // Four times the middles, which are whole numbers.
  const [lowest, highest] = [(low + own) / 2n, (own + high) / 2n];
  const isInside = (digits: string): boolean => {
    const at = exactInteger(digits) * 4n;
    return lowest < at && at < highest;
  };
  for (let digits = digitsOf(shortest).length; digits <= 17; digits += 1) {
    const found = candidates(magnitude, digits).find(isInside);
    if (found !== undefined) return value < 0 ? `-${found}` : found;
  }
  return value.toExponential(16);
}

/** The same of a single-precision number. */
export function shortestReal(real: number): string {
  const magnitude = Math.abs(real);
  const lowest = (realAt(magnitude, -1) + magnitude) / 2;
  const highest = (magnitude + realAt(magnitude, 1)) / 2;
  for (let digits = 1; digits <= 9; digits += 1) {
    const found = candidates(magnitude, digits).find((each) => lowest < Number(each) && Number(each) < highest);
    if (found !== undefined) return real < 0 ? `-${found}` : found;
  }
  return real.toExponential(8);
}

/** The numbers of so many digits below and above, the nearer one first. */
function candidates(magnitude: number, digits: number): readonly string[] {
  const [mantissa, exponent] = magnitude.toExponential(60).split('e') as [string, string];
  const all = mantissa.replace('.', '');
  const kept = BigInt(all.slice(0, digits));
  const rest = all.slice(digits);
  const isUp = /^50*$/.test(rest) ? kept % 2n === 1n : rest >= '5';
  const scale = Number(exponent) - digits + 1;
  return (isUp ? [kept + 1n, kept] : [kept, kept + 1n]).map((each) => scientific(each, scale));
}

function scientific(digits: bigint, scale: number): string {
  const text = String(digits);
  return `${text[0]}${text.length > 1 ? `.${text.slice(1)}` : ''}e${scale + text.length - 1}`;
}

function digitsOf(text: string): string {
  return text.slice(0, text.indexOf('e')).replaceAll(/[-.]/g, '');
}

function exactInteger(text: string): bigint {
  const digits = digitsOf(text);
  return BigInt(digits) * 10n ** BigInt(Number(text.slice(text.indexOf('e') + 1)) - digits.length + 1);
}

/** The largest number's neighbour is where the next one would be. */
function quadruple(value: number): bigint {
  return value === Infinity ? 2n ** 1026n : BigInt(value) * 4n;
}

function doubleAt(value: number, step: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigUint64(0, view.getBigUint64(0) + step);
  return view.getFloat64(0);
}

function realAt(value: number, step: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  view.setUint32(0, view.getUint32(0) + step);
  const neighbour = view.getFloat32(0);
  return neighbour === Infinity ? 2 ** 128 : neighbour;
}
