import { z } from 'zod';
import { duration, durationMs } from './duration.ts';

/** How long legacy may answer from a cache of its own: on every route of the feature, or by route. `60s`, `5m`; an hour at most. */
export type LegacyCacheRule = string | Readonly<Record<string, string>>;

/** Milliseconds by route; `*` stands for all that are not named. */
export type NormalizedLegacyCache = Readonly<Record<string, number>>;

const MAX_MS = 3_600_000;
const span = duration.refine((text) => durationMs(text) <= MAX_MS, 'an hour at most');

export const legacyCacheSchema = z.union([span, z.record(z.string(), span)]);

export function legacyCacheOf(rule: LegacyCacheRule | undefined): NormalizedLegacyCache | undefined {
  if (rule === undefined) return undefined;
  const byRoute = typeof rule === 'string' ? { '*': rule } : rule;
  return Object.fromEntries(Object.entries(byRoute).map(([route, text]) => [route, durationMs(text)]));
}

/** Milliseconds; undefined: nothing is said of this route. */
export function legacyCacheMs(rule: NormalizedLegacyCache | undefined, route: string): number | undefined {
  if (rule === undefined) return undefined;
  return Object.hasOwn(rule, route) ? rule[route] : rule['*'];
}
