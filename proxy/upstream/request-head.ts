import type { UpstreamRequest } from './upstream-exchange.ts';

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const unsendable = /[\0\u0100-\uffff]|\r(?!\n)|(?<!\r)\n/;
const unsendableTarget = /[^\x21-\x7e\x80-\xff]/;
const token = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;

/**
 * The bytes of a request head, as latin1 text. Throws a TypeError for what would end a line or could not be written: the
 * parser of the request has refused it before, and a header that we made must not be the hole.
 */
export function requestHead({ method, target, headers }: UpstreamRequest): string {
  if (!token.test(method)) throw new TypeError('the method is no token');
  if (target === '' || unsendableTarget.test(target)) throw new TypeError('the target has what a URL cannot have');
  let head = `${method} ${target} HTTP/1.1\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return checked(head, headers.length / 2 + 1);
}

/** Trailer lines with the empty line that ends a chunked body. */
export function trailerLines(trailers: readonly string[]): string {
  let lines = '';
  for (let i = 0; i + 1 < trailers.length; i += 2) lines += `${trailers[i]}: ${trailers[i + 1]}\r\n`;
  return checked(lines, trailers.length / 2);
}

/** One look over the whole text is cheaper than one at each value: it has no line ends but ours, which are counted. */
function checked(text: string, lines: number): string {
  if (unsendable.test(text)) throw new TypeError('a header has what a header cannot have');
  let at = -2;
  for (let line = 0; line < lines; line += 1) at = text.indexOf('\r\n', at + 2);
  if (at + 2 !== text.length) throw new TypeError('a header holds a line end');
  return `${text}\r\n`;
}
