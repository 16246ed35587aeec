// The app behind the proxies, in a process of its own. It reads and writes bytes instead of using node:http, so that it
// takes a fraction of the time that any of the proxies takes: it must never be what is measured.
import { createServer } from 'node:net';
import { largeJson, smallJson } from './workloads.js';

const answers = new Map([
  ['GET /api/orders/1 ', answerOf(smallJson)],
  ['GET /api/orders/2 ', answerOf(largeJson)],
]);
const ok = answerOf('ok');

const server = createServer({ noDelay: true }, (socket) => {
  /** Bytes of the request body that are still to come. */
  let owed = 0;
  /** A chunked body is over when these bytes have come. */
  let isChunked = false;
  let held = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    if (owed > 0) {
      owed -= chunk.length;
      if (owed === 0) socket.write(ok);
      return;
    }
    held += chunk.latin1Slice();
    if (isChunked) {
      if (held.endsWith('0\r\n\r\n')) {
        isChunked = false;
        held = '';
        socket.write(ok);
      } else held = held.slice(-8);
      return;
    }
    const end = held.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = held.slice(0, end);
    const body = held.length - end - 4;
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    const start = head.slice(0, head.indexOf(' ', 5) + 1);
    if (length) owed = Number(length[1]) - body;
    else if (/\r\ntransfer-encoding: *chunked/i.test(head)) isChunked = !held.endsWith('0\r\n\r\n');
    held = isChunked ? held.slice(-8) : '';
    if (owed <= 0 && !isChunked) socket.write(answers.get(start) ?? ok);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ ready: true, port: server.address().port }));
process.on('disconnect', () => process.exit(0));

/** @param {string} body */
function answerOf(body) {
  return Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n` +
      `ETag: W/"6a4-abcdefghijklmnop"\r\nVary: Accept-Encoding\r\nX-Powered-By: legacy\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
