import { connect } from 'node:http2';
import { expect, test } from 'vitest';
import { limitsOf } from '../../src/config/limits.ts';
import { rawClient, startTestProxy, startUpstream, until } from './support/harness.ts';
import { rawHttp2, request as http2Request } from './support/http2-frames.ts';
import { ca, secureSocket, serverFiles } from './support/tls.ts';

const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const limits = limitsOf({ answerTimeoutMs: 200 });

/** A legacy app with an answer that no socket's buffers hold, and one that takes a while to come. */
const startApp = () =>
  startUpstream((req, res) => {
    if (req.url === '/big') res.end(Buffer.alloc(16_000_000, 'x'));
    else if (req.url === '/late') setTimeout(() => res.end('late'), 2_500);
    else res.end('ok');
  });

// Side by side: each is mostly waiting.
test.concurrent('slow readers: a client that takes nothing of its answer is cut off, and legacy let go', async () => {
  await using upstream = await startApp();
  await using proxy = await startTestProxy(upstream.url, { limits });
  const client = await rawClient(proxy.port, request('/big'));
  client.socket.pause();
  await until(() => proxy.seen.length === 1);
  expect(proxy.seen).toMatchObject([{ path: '/big', aborted: true }]);
  await until(() => upstream.sockets.size === 0);
  expect(proxy.proxy.load()).toMatchObject({ connections: 0, inFlight: 0, upstreamBusy: 0 });
  client.socket.resume();
  await client.ended;
  expect(client.socket.bytesRead).toBeLessThan(16_000_000);
});

test.concurrent('slow readers: over TLS as well', async () => {
  await using upstream = await startApp();
  await using proxy = await startTestProxy(upstream.url, { limits, tls: serverFiles });
  const client = await secureSocket(proxy.port);
  client.on('error', () => undefined);
  client.write(request('/big'));
  await until(() => proxy.seen.length === 1);
  await until(() => proxy.proxy.load().connections === 0);
  client.destroy();
});

test.concurrent('slow readers: of an HTTP/2 connection only the stream that nobody reads is broken off', async () => {
  await using upstream = await startApp();
  await using proxy = await startTestProxy(upstream.url, { limits, tls: serverFiles });
  const client = connect(`https://localhost:${proxy.port}`, { ca });
  const stalled = client.request({ ':path': '/big' });
  stalled.on('error', () => undefined);
  const closed = new Promise((resolve) => {
    stalled.once('close', resolve);
  });
  await until(() => proxy.seen.length === 1);
  expect(proxy.seen).toMatchObject([{ path: '/big', aborted: true }]);
  await until(() => upstream.sockets.size === 0);
  const other = client.request({ ':path': '/late' });
  let text = '';
  other.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await until(() => text === 'late');
  stalled.resume();
  await closed;
  client.destroy();
});

/** A client of HTTP/2 that has asked for much and reads not a byte more from its connection. */
async function stalledHttp2(port: number) {
  const client = await rawHttp2(port);
  client.openWindows();
  for (const stream of [1, 3, 5]) client.ask(stream, http2Request('/big'));
  client.socket.pause();
  return client;
}

test.concurrent('slow readers: an HTTP/2 connection on which not even a reset is read is cut off', async () => {
  await using upstream = await startApp();
  await using proxy = await startTestProxy(upstream.url, { limits, tls: serverFiles });
  const client = await stalledHttp2(proxy.port);
  await until(() => proxy.seen.length === 3);
  await until(() => proxy.proxy.load().connections === 0 && upstream.sockets.size === 0);
  client.socket.destroy();
});

test.concurrent('slow readers: a stop does not wait for an HTTP/2 connection that nobody reads', async () => {
  await using upstream = await startApp();
  await using proxy = await startTestProxy(upstream.url, { tls: serverFiles });
  const client = await stalledHttp2(proxy.port);
  await until(() => proxy.proxy.load().inFlight === 3);
  await proxy.proxy.stop();
  expect(upstream.sockets.size).toBe(0);
  client.socket.destroy();
});

test.concurrent('slow readers: whoever waits for legacy, or reads in small bites, is not one', async () => {
  await using upstream = await startApp();
  await using proxy = await startTestProxy(upstream.url, { limits: limitsOf({ answerTimeoutMs: 2_000 }) });
  const client = await rawClient(proxy.port, request('/late'));
  await client.receives('late');
  client.send(request('/big'));
  client.socket.on('data', () => {
    client.socket.pause();
    setTimeout(() => client.socket.resume(), 5);
  });
  await until(() => client.socket.bytesRead > 16_000_000);
  client.socket.removeAllListeners('data');
  client.send(request('/ok'));
  await until(() => proxy.seen.length === 3);
  expect(proxy.seen.map(({ aborted }) => aborted)).toEqual([false, false, false]);
  client.socket.destroy();
});
