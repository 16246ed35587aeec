import type { IncomingMessage } from 'node:http';
import type { RawHeaders } from '../src/kernel/exchange.ts';
import { filterHeaders, isHopByHop } from './hop-by-hop.ts';
import type { ResponseHead } from './upstream/response-head.ts';
import { isOurs } from './upstream-headers.ts';

/**
 * What decides how a message is read must be known before its body (RFC 9110 section 6.5.1), and what was taken out of its
 * head must not come back behind it: some servers merge the two.
 */
const neverTrailers = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'host',
  'set-cookie',
  'trailer',
]);

/** Announced trailers can be kept only where the answer goes on in chunks; elsewhere the announcement goes, too. */
export function relayedTrailers(headers: string[], head: ResponseHead, req: IncomingMessage): string[] {
  const isKept = head.framing.kind === 'chunked' && req.httpVersion !== '1.0';
  if (isKept) return headers;
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]!.length === 7 && headers[i]!.toLowerCase() === 'trailer') {
      return filterHeaders(headers, (name) => name !== 'trailer');
    }
  }
  return headers;
}

/** The trailers that may be passed on, in pairs. */
export function trailerEntries(trailers: RawHeaders): [string, string][] {
  const entries: [string, string][] = [];
  for (let i = 0; i + 1 < trailers.length; i += 2) {
    const name = trailers[i]!.toLowerCase();
    if (!neverTrailers.has(name) && !isHopByHop(name) && !isOurs(name, false))
      entries.push([trailers[i]!, trailers[i + 1]!]);
  }
  return entries;
}
