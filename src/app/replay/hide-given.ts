import type { RawHeaders } from '../../kernel/exchange.ts';

/** Shorter values stand in answers by chance. */
const MIN_LENGTH = 4;

/** A report without the values of headers that were given, should an answer repeat one. No I/O. */
export function hideGiven<T>(report: T, given: RawHeaders): T {
  const secrets = given
    .filter((_, index) => index % 2 === 1)
    .flatMap((value) => [value, ...value.split(/[\s;,]+/).flatMap((part) => [part, part.slice(part.indexOf('=') + 1)])])
    .filter((secret) => secret.length >= MIN_LENGTH)
    .toSorted((a, b) => b.length - a.length);
  if (secrets.length === 0) return report;
  const hide = (value: unknown): unknown => {
    if (typeof value === 'string') return secrets.reduce((text, secret) => text.replaceAll(secret, '<given>'), value);
    if (Array.isArray(value)) return value.map(hide);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, hide(each)]));
  };
  return hide(report) as T;
}
