import { headerValue, headerValues, type HttpAnswer } from '../../src/kernel/exchange.ts';

/** What is taken for an answer that says that it comes from a cache, and not for how long it is fresh. */
const UNKNOWN_MS = 60_000;
const MAX_MS = 3_600_000;

/**
 * Milliseconds for which an answer may still be given by a cache that gave it now, from what it says of itself: `Age` means
 * that it was not made for this question (RFC 9111, 5.1). 0: it does not say so. A `Cache-Control` alone is for others.
 */
export function cachedForMs(answer: HttpAnswer): number {
  const age = Number(headerValue(answer.headers, 'age'));
  if (!Number.isInteger(age) || age <= 0) return 0;
  const lifetime = lifetimeOf(headerValues(answer.headers, 'cache-control').join(','));
  if (lifetime === undefined) return UNKNOWN_MS;
  return Math.min(MAX_MS, Math.max(0, lifetime - age) * 1_000 + 1_000);
}

/** Seconds. What is said for shared caches goes before what is said for all. */
function lifetimeOf(directives: string): number | undefined {
  const found =
    /\bs-maxage\s*=\s*"?(\d{1,9})/i.exec(directives) ?? /(?<![\w-])max-age\s*=\s*"?(\d{1,9})/i.exec(directives);
  return found ? Number(found[1]) : undefined;
}
