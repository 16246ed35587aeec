import { headerValue, type HttpQuestion } from '../../src/kernel/exchange.ts';

/** What a reference in an answer is relative to. */
export type AskedUrl = Pick<HttpQuestion, 'target' | 'headers'>;

/**
 * A URI reference as the visitor who asked resolves it (RFC 9110 section 10.2.2): path, query and fragment where it leads to
 * the origin that was asked, the whole URL elsewhere. As it is written where it cannot be resolved.
 */
export function meaningOfReference(reference: string, asked: AskedUrl | undefined): string {
  const base = asked && urlOf(asked);
  if (!base || !URL.canParse(reference, base.href)) return reference;
  const url = new URL(reference, base);
  return url.origin === base.origin ? url.href.slice(url.origin.length) : url.href;
}

/** The headers are those that the proxy hands on, and tell what the visitor's own request line and connection were. */
function urlOf({ target, headers }: AskedUrl): URL | undefined {
  const host = last(headerValue(headers, 'x-forwarded-host')) ?? headerValue(headers, 'host');
  const scheme = last(headerValue(headers, 'x-forwarded-proto')) ?? 'http';
  const text = `${scheme}://${host ?? ''}${target}`;
  return host !== undefined && URL.canParse(text) ? new URL(text) : undefined;
}

function last(list: string | undefined): string | undefined {
  return list?.split(',').at(-1)?.trim();
}
