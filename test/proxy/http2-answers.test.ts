import { constants } from 'node:http2';
import { expect, test } from 'vitest';
import { startRawUpstream, startTestProxy } from './support/harness.ts';
import { frameTypes, rawHttp2, request } from './support/http2-frames.ts';
import { serverFiles } from './support/tls.ts';

const END_STREAM = 1;

/** Every header that node knows, twice each, less those that say how the answer is framed. */
const twice = Object.entries(constants)
  .filter(([constant]) => constant.startsWith('HTTP2_HEADER_'))
  .map(([, name]) => String(name))
  .filter((name) => !name.startsWith(':') && name !== 'content-length' && name !== 'transfer-encoding')
  .map((name) => `${name}: 1\r\n${name}: 2\r\n`)
  .join('');

test.each([
  ['an interim answer', `HTTP/1.1 103 Early Hints\r\n${twice}\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`],
  ['the head', `HTTP/1.1 200 OK\r\n${twice}Content-Length: 2\r\n\r\nok`],
  ['trailers', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n${twice}\r\n`],
])('whatever stands twice in %s of legacy, an HTTP/2 client gets the answer to its end', async (_, answer) => {
  await using upstream = await startRawUpstream((received, socket) => {
    if (received.endsWith('\r\n\r\n')) socket.write(answer);
  });
  await using proxy = await startTestProxy(upstream.url, { tls: serverFiles });
  const client = await rawHttp2(proxy.port);
  client.ask(1, request('/x'));
  expect((await client.receives(frameTypes.data, 1)).payload.toString()).toBe('ok');
  await client.receivesWhere((frame) => frame.stream === 1 && (frame.flags & END_STREAM) !== 0);
  client.socket.destroy();
});
