import type { ServerResponse } from 'node:http';
import { endToEnd } from './hop-by-hop.ts';
import { Http2Answer } from './http2-answer.ts';
import type { ResponseHead } from './upstream/response-head.ts';

/**
 * Passes a 1xx on (RFC 9110 section 15.2), which node's own API can do for some of them only. To a client of HTTP/1.0, and
 * while an earlier answer on the same connection is not out, it must not be sent, and is left out.
 */
export function relayInterim(res: ServerResponse, { status, message, headers }: ResponseHead): void {
  if (res.headersSent) return;
  const { req } = res;
  if (isHttp2(res)) {
    if (status !== 100) res.writeInformation(status, endToEnd(headers));
    else if (req.headers.expect !== undefined) res.writeContinue();
    return;
  }
  if (req.httpVersion !== '1.1' || res.socket === null) return;
  if (status === 100) {
    // Only whoever said that it waits is told to go on.
    if (req.headers.expect !== undefined) res.writeContinue();
    return;
  }
  const kept = endToEnd(headers);
  let text = `HTTP/1.1 ${status} ${message}\r\n`;
  for (let i = 0; i < kept.length; i += 2) text += `${kept[i]}: ${kept[i + 1]}\r\n`;
  res.socket.write(`${text}\r\n`, 'latin1');
}

function isHttp2(res: object): res is Http2Answer {
  return res instanceof Http2Answer;
}
