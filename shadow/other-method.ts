import { bodyFields, mediaTypeOf } from '../src/kernel/body-fields.ts';
import { headerValue, type HttpQuestion } from '../src/kernel/exchange.ts';

// Nothing here does I/O.

/** X-HTTP-Method-Override, X-HTTP-Method, X-Method-Override, which some frameworks heed whatever the method; `_` as CGI does. */
const overriding = /^x[-_](?:http[-_])?method(?:[-_]override)?$/i;
/** The parameter, or field, in which others look for it. */
const methodField = '_method';

/** Whether a question names another method than its own: asked once more it might write once more. */
export function namesOtherMethod(question: HttpQuestion): boolean {
  const { method, target, headers } = question;
  const at = target.indexOf('?');
  const named = at < 0 ? [] : new URLSearchParams(target.slice(at + 1)).getAll(methodField);
  for (let i = 0; i + 1 < headers.length; i += 2) if (overriding.test(headers[i]!)) named.push(headers[i + 1]!);
  return named.some((name) => name.trim().toUpperCase() !== method) || hasMethodField(question);
}

/** The proxy hands on no such query; a recording may hold one. */
function hasMethodField({ query, headers }: HttpQuestion): boolean {
  if (query === undefined) return false;
  const type = headerValue(headers, 'content-type');
  if (bodyFields(query.body, type).includes(methodField)) return true;
  const isMultipart = mediaTypeOf(type).startsWith('multipart/');
  return isMultipart && /\bname\*?=[^;\r\n]*_method\b/i.test(Buffer.from(query.body).toString('latin1'));
}
