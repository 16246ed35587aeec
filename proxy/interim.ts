import type { ServerResponse } from 'node:http';
import { endToEnd } from './hop-by-hop.ts';
import type { ResponseHead } from './upstream/response-head.ts';

/**
 * Passes a 1xx on (RFC 9110 section 15.2), which node's own API can do for some of them only. To a client of HTTP/1.0, and
 * while an earlier answer on the same connection is not out, it must not be sent, and is left out.
 */
export function relayInterim(res: ServerResponse, { status, message, headers }: ResponseHead): void {
  if (res.headersSent || res.req.httpVersion !== '1.1' || res.socket === null) return;
  if (status === 100) {
    // Only whoever said that it waits is told to go on.
    if (res.req.headers.expect !== undefined) res.writeContinue();
    return;
  }
  const kept = endToEnd(headers);
  let text = `HTTP/1.1 ${status} ${message}\r\n`;
  for (let i = 0; i < kept.length; i += 2) text += `${kept[i]}: ${kept[i + 1]}\r\n`;
  res.socket.write(`${text}\r\n`, 'latin1');
}
