import type { IncomingHttpHeaders } from 'node:http';
import type { RawHeaders } from '../../src/kernel/exchange.ts';

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

/** Whether a body is sent as it is, without waiting to be asked for, and with nothing beside it that names another method. */
export function hasPlainHead({ headers }: RequestHead): boolean {
  if (headers.expect !== undefined || headers['content-encoding'] !== undefined) return false;
  if (headers.trailer !== undefined || headers.upgrade !== undefined) return false;
  return !Object.keys(headers).some((name) => methodOverride.test(name));
}
