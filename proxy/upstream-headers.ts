import type { RawHeaders } from '../src/kernel/exchange.ts';
import { fenceCookieName, withoutFenceCookie } from './fence-cookie.ts';
import { filterHeaders, isBeyondSuspicion, isHopByHop, nominatedIn } from './hop-by-hop.ts';
import type { Origin } from './origin.ts';

/** What the proxy says of itself and of where a request comes from. */
export interface IdentityRules {
  /** The Host header legacy gets: the client's, or this one. */
  readonly host: string | undefined;
  /** Legacy's own host, for requests of HTTP/1.0, which may have none. */
  readonly legacyHost: string;
  /** The name under which the proxy adds itself to Via (RFC 9110 section 7.6.3), in both directions; undefined: not at all. */
  readonly via: string | undefined;
}

const nothing: RawHeaders = [];
/** Identity that is ours to state. Of a stranger, every further `x-forwarded-*` goes as well. */
const stated = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'forwarded']);

/**
 * The headers of a request as legacy, candidate and shadow get them. `x-fig-*` is ours alone; what a client says about where
 * it comes from is replaced by what we know. Expect is the upstream's to answer.
 */
export function upstreamHeaders(
  received: RawHeaders,
  origin: Origin,
  { host, legacyHost, via }: IdentityRules,
  httpVersion: string,
): string[] {
  const nominated = nominatedIn(received);
  const kept: string[] = [];
  let hasHost = false;
  // One pass, because every request goes through it.
  for (let i = 0; i + 1 < received.length; i += 2) {
    const line = received[i]!;
    const value = received[i + 1]!;
    if (nominated.size === 0 && isOrdinary(line)) {
      kept.push(line, value);
      continue;
    }
    const name = line.toLowerCase();
    if (isHopByHop(name) || nominated.has(name) || isOurs(name, origin.isPeerTrusted)) continue;
    if (name === 'host') {
      hasHost = true;
      kept.push(line, host ?? value);
    } else if (name === 'cookie' && value.includes(fenceCookieName)) kept.push(...withoutFenceCookie([line, value]));
    else kept.push(line, value);
  }
  if (!hasHost) kept.unshift('Host', host ?? legacyHost);
  kept.push('X-Forwarded-For', origin.forwardedFor, 'X-Forwarded-Proto', origin.scheme);
  if (origin.host !== undefined) kept.push('X-Forwarded-Host', origin.host);
  kept.push('Forwarded', origin.forwarded);
  if (via !== undefined) kept.push('Via', `${httpVersion} ${via}`);
  return kept;
}

/** Header lines to add to an answer of legacy, which spoke HTTP/1.1 to us. */
export function viaOfAnswer({ via }: IdentityRules): RawHeaders {
  return via === undefined ? nothing : ['Via', `1.1 ${via}`];
}

/** The header lines we add to legacy's answer; without any, its head is not held back. */
export function addedLines(
  via: RawHeaders,
  write?: { atHead(laterVisitors: readonly string[]): Promise<string[]> },
  later?: (answered: RawHeaders) => string[],
): ((head: { readonly headers: RawHeaders }) => Promise<string[]>) | undefined {
  if (write === undefined) return via.length === 0 ? undefined : () => Promise.resolve([...via]);
  return async ({ headers }) => [...via, ...(await write.atHead(later?.(headers) ?? []))];
}

/** Whether a look at length and first letter tells that a line is passed on as it is. */
function isOrdinary(line: string): boolean {
  const { length } = line;
  if (length === 4 || length === 6 || length === 9 || !isBeyondSuspicion(length)) return false;
  return (line.charCodeAt(0) | 0x20) !== 0x78;
}

/** Whether a header of this lower-case name is for us to state, and not for whoever sent it. */
export function isOurs(line: string, isPeerTrusted: boolean): boolean {
  if (line.charCodeAt(0) !== 0x78) return line === 'forwarded';
  // CGI and its heirs tell X_Forwarded_For from X-Forwarded-For no more.
  const name = line.includes('_') ? line.replaceAll('_', '-') : line;
  if (name.startsWith('x-fig-') || stated.has(name)) return true;
  return !isPeerTrusted && (name.startsWith('x-forwarded-') || name === 'x-real-ip');
}

/**
 * Adds what a client said for its connection and we say anew for ours: how a chunked body is framed, and that trailers are
 * welcome. Trailers can only follow a chunked body.
 */
export function framed(
  headers: readonly string[],
  body: 'none' | 'length' | 'chunked',
  te: string | string[] | undefined,
): readonly string[] {
  const isTrailing = te !== undefined && /(?:^|[\s,])trailers(?:$|[\s,;])/i.test(String(te));
  if (body !== 'chunked' && !isTrailing && !announcesTrailers(headers)) return headers;
  const lines = filterHeaders(headers, (name) => body === 'chunked' || name !== 'trailer');
  if (body === 'chunked') lines.push('Transfer-Encoding', 'chunked');
  if (isTrailing) lines.push('TE', 'trailers', 'Connection', 'TE');
  return lines;
}

function announcesTrailers(headers: readonly string[]): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]!.length === 7 && headers[i]!.toLowerCase() === 'trailer') return true;
  }
  return false;
}
