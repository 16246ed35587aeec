import type { MediaType } from './media-type.ts';

/** Within this many bytes a page has to say its charset (HTML standard, section 4.2.5.4). */
const PRESCANNED = 1_024;

/**
 * The text of a body, undefined where its bytes are not valid in its charset: then it is compared byte by byte. A byte-order
 * mark says the charset whatever else does (Encoding standard, section 6), and is no part of the text; then comes the header,
 * then what the document says of itself, then UTF-8.
 */
export function decodeText(body: Uint8Array, type: MediaType): string | undefined {
  const marked = charsetOfMark(body);
  if (marked !== undefined) return decode(body, marked);
  // RFC 8259 section 11 knows no charset of JSON: a parameter is what a reader may go by only where UTF-8 fails.
  if (type.kind === 'json') return decode(body, 'utf-8') ?? (type.charset && decode(body, type.charset));
  return decode(body, type.charset ?? charsetWithin(body, type) ?? 'utf-8');
}

function decode(body: Uint8Array, charset: string): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

function charsetOfMark(body: Uint8Array): string | undefined {
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) return 'utf-8';
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be';
  return body[0] === 0xff && body[1] === 0xfe ? 'utf-16le' : undefined;
}

function charsetWithin(body: Uint8Array, { kind }: MediaType): string | undefined {
  if (kind !== 'html' && kind !== 'xml') return undefined;
  const start = Buffer.from(body.subarray(0, PRESCANNED)).toString('latin1');
  if (kind === 'xml') return /^<\?xml\s[^>]*?\bencoding\s*=\s*["']([\w.:-]+)["']/.exec(start)?.[1];
  const said = /<meta\s[^>]*?\bcharset\s*=\s*["']?\s*([\w.:-]+)/i.exec(start.replaceAll(/<!--[^]*?-->/g, ''))?.[1];
  // Who could read this far did not read UTF-16.
  return said !== undefined && /^utf-16/i.test(said) ? 'utf-8' : said;
}
