import { mediaTypeOf } from '../../src/kernel/body-fields.ts';
import { headerValue, headerValues } from '../../src/kernel/exchange.ts';
import { hasPlainHead, type RequestHead } from './plain-head.ts';

// Nothing here does I/O. A route that is declared to read is one whatever its body says; but some frameworks take a POST that
// names another method for that one, and that is what nobody has declared.

/** Whether the body may be read before it is known who gets it. */
export function isDeclaredHeadReadable(head: RequestHead): boolean {
  if (!hasPlainHead(head) || headerValues(head.forwarded, 'content-type').length > 1) return false;
  const at = head.target.indexOf('?');
  return at === -1 || !isNamedInForm(head.target.slice(at + 1));
}

/** Whether the body, once it is there, names another method. */
export function namesMethod({ forwarded }: RequestHead, body: Uint8Array): boolean {
  const media = mediaTypeOf(headerValue(forwarded, 'content-type'));
  const text = Buffer.from(body).toString('latin1');
  // What has no type is a form to Rack.
  if (media === 'application/x-www-form-urlencoded' || media === '') return isNamedInForm(text);
  if (media.startsWith('multipart/')) return isNamedInParts(text);
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && Object.keys(value).some(isMethodField);
  } catch {
    return false;
  }
}

/** Also for those who let a semicolon separate fields. */
function isNamedInForm(text: string): boolean {
  return [...new URLSearchParams(text.replaceAll(';', '&')).keys()].some(isMethodField);
}

/** Line by line: an expression that looks for both at once would take a minute for a body that is made to delay it. */
function isNamedInParts(text: string): boolean {
  const lines = text.replace(/\r?\n[ \t]/g, ' ').split(/[\r\n]/);
  return lines.some((line) => {
    const at = line.search(/\bname[*=\s]/i);
    return at !== -1 && /[_.[\s]method\b|[%\\]/i.test(line.slice(at));
  });
}

/**
 * Rails, Laravel, Symfony, Spring and Express's method-override look for `_method`. PHP takes a dot, a blank and an opening
 * bracket in a name for an underscore, and leaves out blanks before it and whatever is behind a NUL or a bracket.
 */
function isMethodField(name: string): boolean {
  return /^[\s._[]+method(?:$|[\0\s.[\]])/i.test(name);
}
