import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { rawClient, startTestProxy, startUpstream, until } from './support/harness.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const upgrade =
  'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** Answers `/quick` at once, begins `/half` and everything else only when it is told. */
async function startApp() {
  const held: ServerResponse[] = [];
  const upstream = await startUpstream((req, res) => {
    if (req.url === '/quick') {
      res.end('quick');
      return;
    }
    if (req.url === '/half') res.write('first;');
    held.push(res);
  });
  return Object.assign(upstream, { held });
}

test('a keep-alive connection is closed behind the answer that was under way, which says so', async () => {
  await using upstream = await startApp();
  await using proxy = await startTestProxy(upstream.url, { stopGraceMs: 30_000 });
  const client = await rawClient(proxy.port, get('/held'));
  await until(() => upstream.held.length === 1);
  const stopped = proxy.proxy.stop();
  expect(proxy.proxy.isDraining).toBe(true);
  upstream.held[0]!.end('whole answer');
  expect(await client.ended).toBe('end');
  expect(client.text()).toContain('Connection: close');
  expect(client.text()).toContain('whole answer');
  await stopped;
});

test('an answer whose head is out already is finished, then its connection is closed', async () => {
  await using upstream = await startApp();
  await using proxy = await startTestProxy(upstream.url, { stopGraceMs: 30_000 });
  const client = await rawClient(proxy.port, get('/half'));
  await client.receives('first;');
  const stopped = proxy.proxy.stop();
  upstream.held[0]!.end('last');
  expect(await client.ended).toBe('end');
  expect(client.text()).toContain('last');
  expect(client.text()).toMatch(/0\r\n\r\n$/);
  await stopped;
});

test('idle connections are closed at once, used ones and fresh ones alike, while a request goes on', async () => {
  await using upstream = await startApp();
  await using proxy = await startTestProxy(upstream.url, { stopGraceMs: 30_000 });
  const used = await rawClient(proxy.port, get('/quick'));
  await used.receives('quick');
  const fresh = await rawClient(proxy.port);
  const busy = await rawClient(proxy.port, get('/held'));
  await until(() => upstream.held.length === 1);
  const stopped = proxy.proxy.stop();
  await until(() => used.closed() && fresh.closed());
  expect(busy.closed()).toBe(false);
  upstream.held[0]!.end('still served');
  await busy.receives('still served');
  await stopped;
});

test('during the drain delay new connections are served, and closed behind their answers', async () => {
  await using upstream = await startApp();
  await using proxy = await startTestProxy(upstream.url, { drainDelayMs: 1_000, stopGraceMs: 30_000 });
  const stopped = proxy.proxy.stop();
  const client = await rawClient(proxy.port, get('/quick'));
  expect(await client.ended).toBe('end');
  expect(client.text()).toContain('Connection: close');
  expect(client.text()).toContain('quick');
  await stopped;
  await expect(rawClient(proxy.port)).rejects.toThrow('ECONNREFUSED');
});

test('a tunnel gets its time of grace to end by itself', async () => {
  await using upstream = await startApp();
  const sockets = new WebSocketServer({ server: upstream.server });
  sockets.on('connection', (socket) => socket.send('hi'));
  await using proxy = await startTestProxy(upstream.url, { stopGraceMs: 30_000 });
  const client = await rawClient(proxy.port, upgrade);
  await client.receives('hi');
  let isStopped = false;
  const stopped = proxy.proxy.stop().then(() => (isStopped = true));
  await expect(rawClient(proxy.port)).rejects.toThrow('ECONNREFUSED');
  for (const socket of sockets.clients) socket.send('bye');
  await client.receives('bye');
  expect(isStopped).toBe(false);
  client.socket.destroy();
  await stopped;
});

test('what outlasts its time of grace is cut: event streams and tunnels too', async () => {
  await using upstream = await startApp();
  const sockets = new WebSocketServer({ server: upstream.server });
  sockets.on('connection', (socket) => socket.send('hi'));
  await using proxy = await startTestProxy(upstream.url, { stopGraceMs: 50 });
  const tunnel = await rawClient(proxy.port, upgrade);
  await tunnel.receives('hi');
  const stream = await rawClient(proxy.port, get('/half'));
  await stream.receives('first;');
  await proxy.proxy.stop();
  await until(() => tunnel.closed() && stream.closed() && upstream.sockets.size === 0);
});
