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

const hopByHopLengths = new Set([...hopByHop].map(({ length }) => length));

/** Naming these in Connection would change who is asked or where the message ends, so that is not obeyed. */
const neverNominated = new Set(['host', 'content-length']);

/** Whether no header that belongs to one connection has a name of this length: most need no second look. */
export function isBeyondSuspicion(length: number): boolean {
  return !hopByHopLengths.has(length);
}

/** Whether a header of this lower-case name belongs to one connection. */
export function isHopByHop(name: string): boolean {
  return hopByHop.has(name);
}

/** Whether a line is one that the proxy speaks for itself with, in whatever case. */
export function isOfFig(line: string): boolean {
  const isNear = line.length > 6 && (line.charCodeAt(0) | 0x20) === 0x78 && (line.charCodeAt(2) | 0x20) === 0x66;
  return isNear && line.slice(0, 6).toLowerCase() === 'x-fig-';
}

/**
 * The headers of an answer without those of the connection, also the ones that Connection names. Order, case, repetition
 * stay. Users and monitors take `x-fig-*` for the proxy's word on who answered, so nobody else may say it.
 */
export function endToEnd(headers: RawHeaders): string[] {
  const nominated = nominatedIn(headers);
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const line = headers[i]!;
    // Most names are told apart by their length, without a copy in lower case.
    const isSuspect = nominated.size > 0 || hopByHopLengths.has(line.length);
    const name = isSuspect ? line.toLowerCase() : '';
    const isOut = (isSuspect && (hopByHop.has(name) || nominated.has(name))) || isOfFig(line);
    if (!isOut) kept.push(line, headers[i + 1]!);
  }
  return kept;
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

/** What nearly every Connection says. */
const namesNothing = new Set(['keep-alive', 'close', 'Keep-Alive', 'Close']);
const none: ReadonlySet<string> = new Set();

/** The names in Connection, which are of this connection, too. */
export function nominatedIn(headers: RawHeaders): ReadonlySet<string> {
  let names: Set<string> | undefined;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i]!.length !== 10 || headers[i]!.toLowerCase() !== 'connection') continue;
    if (namesNothing.has(headers[i + 1]!)) continue;
    for (const token of headers[i + 1]!.toLowerCase().split(',')) {
      const name = token.trim();
      if (!neverNominated.has(name) && !hopByHop.has(name)) (names ??= new Set()).add(name);
    }
  }
  return names ?? none;
}
