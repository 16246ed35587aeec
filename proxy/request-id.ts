import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const processId = randomBytes(9).toString('base64url');
let requests = 0;

/** Unique among all proxies; cheap, because every request has one. */
export function nextRequestId(): string {
  requests += 1;
  return `${processId}-${requests.toString(36)}`;
}

/** Whoever is asked gets the id under which our log knows the request, unless it comes with one that others know it by already. */
export function withRequestId(headers: string[], req: IncomingMessage, id: string): string[] {
  if (req.headers['x-request-id'] === undefined) headers.push('X-Request-Id', id);
  return headers;
}
