import type { RawHeaders } from '../../src/kernel/exchange.ts';

/**
 * The headers of a question that are kept with it, because answers depend on them and they name nobody. Listed in
 * docs/replay.md. What is not here is never stored: not cookies, not credentials, not addresses.
 */
const kept: ReadonlySet<string> = new Set([
  'accept',
  'accept-language',
  'accept-version',
  'api-version',
  'content-type',
  'host',
  'prefer',
  'x-api-version',
  'x-forwarded-host',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-requested-with',
]);

const credentials = /^(?:cookie|authorization|x-api-key|x-auth-.*|.*-token)$/i;

/** Those that are kept, in their order, as they came. */
export function keptHeaders(headers: RawHeaders): string[] {
  const found: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (kept.has(headers[i]!.toLowerCase())) found.push(headers[i]!, headers[i + 1]!);
  }
  return found;
}

/** Whether the question says who asks, so that without it another answer may be right. */
export function hasCredentials(headers: RawHeaders): boolean {
  return headers.some((name, index) => index % 2 === 0 && credentials.test(name));
}
