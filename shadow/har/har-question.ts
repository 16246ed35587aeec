import type { HttpQuestion } from '../../src/kernel/exchange.ts';
import { hasCredentials, keptHeaders } from '../pairs/kept-headers.ts';
import type { HarEntry } from './har-file.ts';

export interface HarQuestion {
  /** Scheme, host and port, e.g. `https://shop.example`. */
  readonly origin: string;
  /** With the headers that are kept of a stored question as well: never with cookies or credentials. */
  readonly question: HttpQuestion;
  readonly body: Uint8Array | undefined;
  readonly hadCredentials: boolean;
}

/** What an entry asked; undefined for what is no HTTP: `data:`, `blob:`, WebSockets. No I/O. */
export function harQuestion({ request, response }: HarEntry): HarQuestion | undefined {
  const { method, url, postData } = request;
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url) || response.status === 101) return undefined;
  const { origin, host, protocol, pathname, search } = new URL(url);
  const headers = rawHeaders(request.headers);
  const text = postData?.text;
  return {
    origin,
    question: {
      method: method.toUpperCase(),
      target: `${pathname}${search}`,
      // Of HTTP/2 the host is a pseudo header, and some recorders have none at all; a proxy tells an app the scheme.
      headers: ['host', host, 'x-forwarded-proto', protocol.slice(0, -1), ...keptHeaders(withoutOrigin(headers))],
    },
    body: text === undefined || text === null ? undefined : Buffer.from(text),
    hadCredentials: hasCredentials(headers),
  };
}

/** Without the pseudo headers of HTTP/2, which are no headers. */
export function rawHeaders(headers: HarEntry['request']['headers']): string[] {
  return (headers ?? []).flatMap(({ name, value }) => (name.startsWith(':') ? [] : [name, value ?? '']));
}

const ofOrigin = /^(?:host|x-forwarded-(?:host|proto))$/i;

function withoutOrigin(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (!ofOrigin.test(headers[i]!)) kept.push(headers[i]!, headers[i + 1]!);
  }
  return kept;
}
