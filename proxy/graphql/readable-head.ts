import type { IncomingHttpHeaders } from 'node:http';
import { headerValues, type RawHeaders } from '../../src/kernel/exchange.ts';

// Nothing here does I/O.

export interface RequestHead {
  readonly target: string;
  /** As legacy gets them. */
  readonly forwarded: RawHeaders;
  readonly headers: IncomingHttpHeaders;
  readonly hasBody: boolean;
}

/** With these, some frameworks take a POST for another method. What passes CGI does not tell a dash from an underscore. */
const methodOverride = /^x[-_](?:http[-_])?method(?:[-_]override)?$/;

/**
 * Whether the body may be read before it is known who gets it: plain JSON, sent without waiting to be asked for, and with
 * nothing beside it that a server could take for a part of the question. `parameters` are those that the route knows of.
 */
export function isHeadReadable(head: RequestHead, parameters: ReadonlySet<string>): boolean {
  const { target, forwarded, headers, hasBody } = head;
  if (!hasBody || headers.expect !== undefined || headers['content-encoding'] !== undefined) return false;
  if (headers.trailer !== undefined || headers.upgrade !== undefined) return false;
  if (Object.keys(headers).some((name) => methodOverride.test(name))) return false;
  const types = headerValues(forwarded, 'content-type');
  return types.length === 1 && isJson(types[0]!) && hasOnly(target, parameters);
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
