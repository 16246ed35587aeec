import type { IncomingMessage } from 'node:http';

/** Whoever is asked gets the id under which our log knows the request, unless it comes with one that others know it by already. */
export function withRequestId(headers: readonly string[], req: IncomingMessage, id: string): string[] {
  return req.headers['x-request-id'] === undefined ? [...headers, 'X-Request-Id', id] : [...headers];
}
