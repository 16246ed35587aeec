import { headerValue, type HttpQuestion } from '../src/kernel/exchange.ts';
import { methodsInForm, namesMethod } from '../src/kernel/method-field.ts';

// Nothing here does I/O.

/** X-HTTP-Method-Override, X-HTTP-Method, X-Method-Override, which some frameworks heed whatever the method; `_` as CGI does. */
const overriding = /^x[-_](?:http[-_])?method(?:[-_]override)?$/i;

/** Whether a question names another method than its own: asked once more it might write once more. */
export function namesOtherMethod(question: HttpQuestion): boolean {
  const { method, target, headers, query } = question;
  const at = target.indexOf('?');
  const named = at < 0 ? [] : methodsInForm(target.slice(at + 1));
  for (let i = 0; i + 1 < headers.length; i += 2) if (overriding.test(headers[i]!)) named.push(headers[i + 1]!);
  if (named.some((name) => name.trim().toUpperCase() !== method)) return true;
  // The proxy hands on no such query; a recording may hold one.
  return query !== undefined && namesMethod(query.body, headerValue(headers, 'content-type'));
}
