import type { RawHeaders } from '../src/kernel/exchange.ts';

/** Headers that belong to one connection and are never passed on, in either direction (RFC 9110 section 7.6.1). */
const hopByHop = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** Naming these in Connection would change who is asked or where the message ends, so that is not obeyed. */
const neverNominated = new Set(['host', 'content-length']);

/** The headers without those of the connection, also the ones that Connection names. Order, case, repetition stay. */
export function endToEnd(headers: RawHeaders): string[] {
  const nominated = nominatedIn(headers);
  return filterHeaders(headers, (name) => !hopByHop.has(name) && !nominated.has(name));
}

/** Keeps the lines whose lower-case name (and value) passes. */
export function filterHeaders(headers: RawHeaders, keep: (name: string, value: string) => boolean): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i]!;
    const value = headers[i + 1]!;
    if (keep(name.toLowerCase(), value)) kept.push(name, value);
  }
  return kept;
}

function nominatedIn(headers: RawHeaders): Set<string> {
  const names = new Set<string>();
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i]!.toLowerCase() !== 'connection') continue;
    for (const token of headers[i + 1]!.toLowerCase().split(',')) {
      const name = token.trim();
      if (!neverNominated.has(name)) names.add(name);
    }
  }
  return names;
}
