import { headerValues } from '../../src/kernel/exchange.ts';
import { methodsInForm } from '../../src/kernel/method-field.ts';
import { hasPlainHead, type RequestHead } from './plain-head.ts';

// Nothing here does I/O. A route that is declared to read is one whatever its body says; but some frameworks take a POST that
// names another method for that one, and that is what nobody has declared.

/** Whether the body may be read before it is known who gets it. */
export function isDeclaredHeadReadable(head: RequestHead): boolean {
  if (!hasPlainHead(head) || headerValues(head.forwarded, 'content-type').length > 1) return false;
  const at = head.target.indexOf('?');
  return at === -1 || methodsInForm(head.target.slice(at + 1)).length === 0;
}
