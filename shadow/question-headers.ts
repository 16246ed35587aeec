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

function namedByConnection(headers: RawHeaders): Set<string> {
  const names = new Set<string>();
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i]!.toLowerCase() !== 'connection') continue;
    for (const name of headers[i + 1]!.toLowerCase().split(',')) names.add(name.trim());
  }
  names.delete('host');
  return names;
}
