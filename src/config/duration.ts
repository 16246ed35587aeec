import { z } from 'zod';

const unitMs = { s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A time span as the config writes it: a whole number above 0 and a unit, such as `90s`, `30m`, `6h` or `1d`. `min` is `m`. */
export const duration = z.string().regex(/^[1-9]\d{0,5}(s|m|min|h|d)$/, 'a time such as "90s", "30m", "6h" or "1d"');

/** In milliseconds. Only of what `duration` admits. */
export function durationMs(text: string): number {
  const unit = text.replace(/^\d+/, '');
  return Number.parseInt(text, 10) * unitMs[unit as keyof typeof unitMs];
}
