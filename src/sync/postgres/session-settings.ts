/**
 * Settings that decide how values are printed. Capture, backfill and target use the same ones, so that a value has one
 * text wherever it is met.
 */
export const printingSettings: Readonly<Record<string, string>> = {
  datestyle: 'ISO',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
};

/** For the `options` field of a connection. */
export function sessionOptions(more: Readonly<Record<string, string>> = {}): string {
  return Object.entries({ ...printingSettings, ...more })
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, '\\$&')}`)
    .join(' ');
}

/** Parsers that keep every value as PostgreSQL prints it: the defaults lose digits, microseconds and time zones. */
export const textTypes = { getTypeParser: () => (value: string) => value } as const;
