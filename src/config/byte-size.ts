import { z } from 'zod';

const unitBytes = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3, tb: 1024 ** 4 } as const;

/** An amount of bytes as the config writes it: a whole number above 0 and a unit, such as `64kB`, `4MB`, `1GB`. */
export const byteSize = z.string().regex(/^[1-9]\d{0,5}(k|K|M|G|T)B$/, 'an amount such as "64kB", "4MB" or "1GB"');

/** Units count in steps of 1024, as in the settings of PostgreSQL. Only of what `byteSize` admits. */
export function bytesOf(text: string): number {
  const unit = text.replace(/^\d+/, '').toLowerCase();
  return Number.parseInt(text, 10) * unitBytes[unit as keyof typeof unitBytes];
}
