import { headerValues } from '../../src/kernel/exchange.ts';
import { hasPlainHead, type RequestHead } from '../body-query/plain-head.ts';

// Nothing here does I/O.

/**
 * Whether the body may be read before it is known who gets it: plain JSON, sent without waiting to be asked for, and with
 * nothing beside it that a server could take for a part of the question. `parameters` are those that the route knows of.
 */
export function isHeadReadable(head: RequestHead, parameters: ReadonlySet<string>): boolean {
  if (!head.hasBody || !hasPlainHead(head)) return false;
  const types = headerValues(head.forwarded, 'content-type');
  return types.length === 1 && isJson(types[0]!) && hasOnly(head.target, parameters);
}

function isJson(type: string): boolean {
  return /^application\/json[ \t]*(?:;[ \t]*charset=(?:utf-8|"utf-8")[ \t]*)?$/i.test(type);
}

/** There are servers that take document and name from the URL before they look into the body. */
function hasOnly(target: string, parameters: ReadonlySet<string>): boolean {
  const at = target.indexOf('?');
  if (at === -1) return true;
  const query = target.slice(at + 1);
  // To some servers it separates parameters too.
  if (query.includes(';')) return false;
  return [...new URLSearchParams(query).keys()].every((name) => parameters.has(name));
}
