import { z } from 'zod';

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A time span as the config writes it: a whole number and a unit, such as `90s`, `30m`, `6h` or `1d`. */
export const duration = z.string().regex(/^[1-9]\d{0,5}[smhd]$/, 'a time such as "90s", "30m", "6h" or "1d"');

export function durationMs(text: string): number {
  return Number(text.slice(0, -1)) * unitMs[text.at(-1) as keyof typeof unitMs];
}
