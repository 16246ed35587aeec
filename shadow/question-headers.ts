import type { RawHeaders } from '../src/kernel/exchange.ts';

/** Headers of one connection, of a body that is not sent, or of a copy of the answer that only the visitor has. */
const neverRepeated = new Set([
  'accept-encoding',
  'cache-control',
  'connection',
  'content-length',
  'expect',
  'http2-settings',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'keep-alive',
  'pragma',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'range',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The visitor's own headers, cookies and credentials among them, as they are sent when the shadow asks again: whole, not
 * compressed, not from a cache, and marked.
 */
export function repeatedHeaders(received: RawHeaders): string[] {
  const named = namedByConnection(received);
  const headers: string[] = [];
  for (let i = 0; i + 1 < received.length; i += 2) {
    const name = received[i]!.toLowerCase();
    if (neverRepeated.has(name) || named.has(name) || name.startsWith('x-fig-')) continue;
    headers.push(received[i]!, received[i + 1]!);
  }
  headers.push('accept-encoding', 'identity', 'cache-control', 'no-cache', 'x-fig-shadow', '1');
  return headers;
}

/** Where the question came from, as the proxy tells legacy; what the client itself says of that is dropped. */
export function asForwarded(headers: RawHeaders): string[] {
  const kept: string[] = [];
  let host: string | undefined;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i]!.toLowerCase();
    if (name === 'host') host ??= headers[i + 1]!;
    if (!/^x-forwarded-(for|host|proto)$/.test(name)) kept.push(headers[i]!, headers[i + 1]!);
  }
  kept.push('x-forwarded-proto', 'http');
  if (host !== undefined) kept.push('x-forwarded-host', host);
  return kept;
}

function namedByConnection(headers: RawHeaders): Set<string> {
  const names = new Set<string>();
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i]!.toLowerCase() !== 'connection') continue;
    for (const name of headers[i + 1]!.toLowerCase().split(',')) names.add(name.trim());
  }
  names.delete('host');
  return names;
}
