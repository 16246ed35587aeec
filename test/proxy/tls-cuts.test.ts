import { expect, test } from 'vitest';
import { startRawUpstream, startTestProxy, until } from './support/harness.ts';
import { secureSocket, serverFiles } from './support/tls.ts';

/** What a client sees that speaks HTTP/1.1 over TLS, byte by byte. */
async function secureClient(port: number, request: string) {
  const socket = await secureSocket(port, { ALPNProtocols: ['http/1.1'] });
  const seen = { text: '', isClosed: false };
  socket.on('data', (chunk: Buffer) => {
    seen.text += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.once('close', () => {
    seen.isClosed = true;
  });
  socket.write(request, 'latin1');
  return Object.assign(seen, { socket });
}

test.each([
  ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'],
  ['of known length', 'Content-Length: 100\r\n\r\nhello'],
])('over TLS, an answer %s that legacy breaks off cuts that client, and the proxy lives', async (_, rest) => {
  await using upstream = await startRawUpstream((received, socket) => {
    if (received.endsWith('\r\n\r\n')) socket.write(`HTTP/1.1 200 OK\r\n${rest}`);
  });
  await using proxy = await startTestProxy(upstream.url, { tls: serverFiles });
  const client = await secureClient(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => client.text.includes('hello'));
  for (const socket of upstream.sockets) socket.destroy();
  await until(() => client.isClosed);
  expect(client.text).not.toContain('\r\n0\r\n\r\n');
  await until(() => proxy.seen.length === 1);
  expect(proxy.seen).toMatchObject([{ status: 200, aborted: true }]);

  const next = await secureClient(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => next.text.includes('hello'));
  next.socket.destroy();
});
