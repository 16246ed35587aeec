const pattern = /^P(-?\d+)Y(-?\d+)M(-?\d+)DT(-?\d+)H(-?\d+)M(-?\d+)(?:\.(\d{1,9}))?S$/;

/**
 * An interval as PostgreSQL prints it in its own style, from Debezium's `P1Y2M-3DT4H5M6.789S`; undefined: it is none. All
 * parts of the time have one sign, and what PostgreSQL keeps is months, days and microseconds.
 * Source: EncodeInterval of PostgreSQL's datetime.c.
 */
export function intervalText(iso: string): string | undefined {
  const parts = pattern.exec(iso);
  if (!parts) return undefined;
  const [years, months, days, hours, minutes, seconds] = parts.slice(1, 7).map(BigInt) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const fraction = (parts[7] ?? '').replace(/0+$/, '');
  const isNegative = /T.*-/.test(iso);
  const printed: string[] = [];
  let afterNegative = false;
  for (const [value, unit] of [
    [years, 'year'],
    [months, 'mon'],
    [days, 'day'],
  ] as const) {
    if (value === 0n) continue;
    printed.push(`${afterNegative && value > 0n ? '+' : ''}${value} ${unit}${value === 1n ? '' : 's'}`);
    afterNegative = value < 0n;
  }
  if (printed.length === 0 || hours !== 0n || minutes !== 0n || seconds !== 0n || fraction !== '') {
    const sign = isNegative ? '-' : afterNegative ? '+' : '';
    printed.push(`${sign}${two(hours)}:${two(minutes)}:${two(seconds)}${fraction && `.${fraction}`}`);
  }
  return printed.join(' ');
}

function two(value: bigint): string {
  return String(value < 0n ? -value : value).padStart(2, '0');
}
