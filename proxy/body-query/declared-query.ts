import { mediaTypeOf } from '../../src/kernel/body-fields.ts';
import { headerValue, headerValues } from '../../src/kernel/exchange.ts';
import { hasPlainHead, type RequestHead } from './plain-head.ts';

// Nothing here does I/O. A route that is declared to read is one whatever its body says; but some frameworks take a POST that
// names another method for that one, and that is what nobody has declared.

/** The field, and the parameter, in which Rails, Laravel, Symfony and Express's method-override look for it. */
const methodField = '_method';

/** Whether the body may be read before it is known who gets it. */
export function isDeclaredHeadReadable(head: RequestHead): boolean {
  if (!hasPlainHead(head) || headerValues(head.forwarded, 'content-type').length > 1) return false;
  const at = head.target.indexOf('?');
  return at === -1 || !new URLSearchParams(head.target.slice(at + 1)).has(methodField);
}

/** Whether the body, once it is there, names another method. */
export function namesMethod({ forwarded }: RequestHead, body: Uint8Array): boolean {
  const media = mediaTypeOf(headerValue(forwarded, 'content-type'));
  const text = Buffer.from(body).toString('latin1');
  if (media === 'application/x-www-form-urlencoded') return new URLSearchParams(text).has(methodField);
  if (media.startsWith('multipart/')) return /\bname\*?=[^;\r\n]*_method\b/i.test(text);
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && Object.hasOwn(value, methodField);
  } catch {
    return false;
  }
}
