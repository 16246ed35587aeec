import { headerValue, type RawHeaders } from '../src/kernel/exchange.ts';
import { withoutFenceCookie } from './fence-cookie.ts';
import { endToEnd, filterHeaders } from './hop-by-hop.ts';

const overwritten = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host']);

/**
 * The headers of a request as legacy gets them. What a client says about where it comes from is replaced by what we see;
 * `x-fig-*` is ours alone. Expect is the upstream's to answer.
 */
export function upstreamHeaders(received: RawHeaders, address: string, proto: 'http' | 'https'): string[] {
  const headers = questionHeaders(endToEnd(received));
  const kept = filterHeaders(headers, (name) => !overwritten.has(name));
  kept.push('X-Forwarded-For', address, 'X-Forwarded-Proto', proto);
  const host = headerValue(received, 'host');
  if (host !== undefined) kept.push('X-Forwarded-Host', host);
  return kept;
}

/** The headers of a question as candidate and shadow get them: as received, less what is ours. */
export function questionHeaders(received: RawHeaders): string[] {
  return filterHeaders(withoutFenceCookie(received), (name) => !name.startsWith('x-fig-'));
}

/** The peer's address; an IPv4 client of a dual-stack socket is written as IPv4. */
export function peerAddress(remoteAddress: string | undefined): string {
  return (remoteAddress ?? 'unknown').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '');
}

/**
 * Adds what a client said for its connection and we say anew for ours: how a chunked body is framed, and that trailers are
 * welcome. Trailers can only follow a chunked body.
 */
export function framed(headers: string[], body: 'none' | 'length' | 'chunked', te: string): string[] {
  const lines = body === 'chunked' ? headers : filterHeaders(headers, (name) => name !== 'trailer');
  if (body === 'chunked') lines.push('Transfer-Encoding', 'chunked');
  if (/(?:^|[\s,])trailers(?:$|[\s,;])/i.test(te)) lines.push('TE', 'trailers', 'Connection', 'TE');
  return lines;
}
