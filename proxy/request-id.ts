import type { IncomingMessage } from 'node:http';

/** Legacy gets the id under which our log knows the request, unless it comes with one that others know it by already. */
export function withRequestId(headers: string[], req: IncomingMessage, id: string): string[] {
  if (req.headers['x-request-id'] === undefined) headers.push('X-Request-Id', id);
  return headers;
}
