import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { limitsOf, shareOf, type LimitsDefinition } from '../../src/config/limits.ts';
import { exchangeRaw, rawClient, startRawUpstream, startTestProxy, startUpstream, until } from './support/harness.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const proxyWith = (legacy: URL, limits: LimitsDefinition) => startTestProxy(legacy, { limits: limitsOf(limits) });

/** A legacy app that holds every answer back until it is told. */
async function startHolding() {
  const held: ServerResponse[] = [];
  const upstream = await startUpstream((_, res) => {
    held.push(res);
  });
  return Object.assign(upstream, { held });
}

test('slow headers: a head that trickles in is cut off with 408 and its own code', async () => {
  await using upstream = await startUpstream((_, res) => res.end());
  await using proxy = await proxyWith(upstream.url, { headersTimeoutMs: 200 });
  const client = await rawClient(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\n');
  const trickle = setInterval(() => client.send('X-A: b\r\n'), 20);
  try {
    await client.ended;
  } finally {
    clearInterval(trickle);
  }
  expect(client.text()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  expect(client.text()).toContain('FIG_REQUEST_TOO_SLOW');
  expect(upstream.connections).toBe(0);
  expect(proxy.proxy.load().refused['head-too-slow']).toBe(1);
});

test('slow headers: a connection that says nothing is closed', async () => {
  await using upstream = await startUpstream((_, res) => res.end());
  await using proxy = await proxyWith(upstream.url, { headersTimeoutMs: 100 });
  const client = await rawClient(proxy.port);
  expect(await client.ended).toBe('end');
  expect(client.text()).toContain(' 408 ');
});

test.each([
  ['with a length', 'Content-Length: 1000\r\n\r\n', 'a'],
  ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n', '1\r\na\r\n'],
])('slow bodies: an upload %s that trickles in gets 408, and the upstream is told no end', async (_, head, bit) => {
  await using upstream = await startRawUpstream(() => undefined);
  await using proxy = await proxyWith(upstream.url, { bodyTimeoutMs: 200, bodyBytesPerSecond: 1_000 });
  const client = await rawClient(proxy.port, `POST / HTTP/1.1\r\nHost: a\r\n${head}`);
  const trickle = setInterval(() => client.send(bit), 20);
  try {
    await client.receives('FIG_REQUEST_TOO_SLOW');
  } finally {
    clearInterval(trickle);
  }
  expect(client.text()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  expect(client.text()).toContain('Connection: close');
  await until(() => client.closed() && upstream.sockets.size === 0);
  expect(upstream.received()).not.toContain('\r\n0\r\n\r\n');
  await until(() => proxy.seen.length === 1);
  expect(proxy.seen).toMatchObject([{ status: 408, reason: 'body-too-slow' }]);
});

test('slow bodies: an upload that waits for a slow upstream is not cut off', async () => {
  const size = 8 * 1024 * 1024;
  await using upstream = await startUpstream((req, res) => {
    // Reads nothing for several of the periods in which a slow client would have been found out.
    setTimeout(() => {
      req.resume().once('end', () => res.end('stored'));
    }, 500);
  });
  await using proxy = await proxyWith(upstream.url, { bodyTimeoutMs: 100, bodyBytesPerSecond: 1_000 });
  const answer = await fetch(proxy.url, { method: 'POST', body: Buffer.alloc(size) });
  expect(await answer.text()).toBe('stored');
});

test('slow bodies: once the upstream answers, the client may take its time', async () => {
  await using upstream = await startUpstream((req, res) => {
    res.write('go on;');
    req.resume().once('end', () => res.end('thanks'));
  });
  await using proxy = await proxyWith(upstream.url, { bodyTimeoutMs: 100, bodyBytesPerSecond: 1_000 });
  const client = await rawClient(proxy.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na');
  await client.receives('go on;');
  await new Promise((resolve) => setTimeout(resolve, 400));
  client.send('b');
  expect(await client.receives('thanks')).toContain(' 200 ');
});

test('body cap: a declared length beyond it gets 413 before the upstream hears anything', async () => {
  await using upstream = await startUpstream((_, res) => res.end());
  await using proxy = await proxyWith(upstream.url, { bodyBytes: 10 });
  const text = await exchangeRaw(proxy.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n12345678901');
  expect(text).toMatch(/^HTTP\/1\.1 413 /);
  expect(text).toContain('FIG_REQUEST_TOO_LARGE');
  expect(text).toContain('Connection: close');
  expect(upstream.connections).toBe(0);
});

test('body cap: chunks beyond it get 413, and the upstream never sees the end of the body', async () => {
  await using upstream = await startRawUpstream(() => undefined);
  await using proxy = await proxyWith(upstream.url, { bodyBytes: 10 });
  const client = await rawClient(proxy.port, 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  client.send('8\r\n12345678\r\n');
  await until(() => upstream.received().includes('12345678'));
  client.send('3\r\n901\r\n0\r\n\r\n');
  expect(await client.receives('FIG_REQUEST_TOO_LARGE')).toMatch(/^HTTP\/1\.1 413 /);
  await until(() => upstream.sockets.size === 0);
  expect(upstream.received()).not.toContain('901');
});

test('body cap: what just fits passes', async () => {
  await using upstream = await startUpstream((req, res) => req.pipe(res));
  await using proxy = await proxyWith(upstream.url, { bodyBytes: 10 });
  const answer = await fetch(proxy.url, { method: 'POST', body: '1234567890' });
  expect(await answer.text()).toBe('1234567890');
});

test('header caps: too many bytes get 431', async () => {
  await using upstream = await startUpstream((_, res) => res.end());
  await using proxy = await proxyWith(upstream.url, { headerBytes: 2_000 });
  const text = await exchangeRaw(proxy.port, `GET / HTTP/1.1\r\nHost: a\r\nX-A: ${'a'.repeat(3_000)}\r\n\r\n`);
  expect(text).toMatch(/^HTTP\/1\.1 431 /);
  expect(text).toContain('FIG_REQUEST_TOO_LARGE');
  expect(upstream.connections).toBe(0);
});

const lines = (count: number): string => Array.from({ length: count }, (_, i) => `X-${i}: a\r\n`).join('');

test('header caps: too many lines get 431', async () => {
  await using upstream = await startUpstream((_, res) => res.end());
  await using proxy = await proxyWith(upstream.url, { headerLines: 100 });
  const text = await exchangeRaw(proxy.port, `GET / HTTP/1.1\r\nHost: a\r\n${lines(100)}\r\n`);
  expect(text).toMatch(/^HTTP\/1\.1 431 /);
  expect(text).toContain('FIG_REQUEST_TOO_LARGE');
  expect(upstream.connections).toBe(0);
});

test('header caps: of many lines that are allowed none is dropped in silence, as node would beyond a thousand', async () => {
  let last: string | string[] | undefined;
  await using upstream = await startUpstream((req, res) => {
    last = req.headers['x-last'];
    res.end();
  });
  upstream.server.maxHeadersCount = 0;
  await using proxy = await proxyWith(upstream.url, { headerLines: 2_000 });
  const head = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n';
  expect(await exchangeRaw(proxy.port, `${head}${lines(1_200)}X-Last: here\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
  expect(last).toBe('here');
});

test('connection cap: one too many is told 503 with Retry-After, far too many are dropped, and room is used again', async () => {
  await using upstream = await startHolding();
  await using proxy = await proxyWith(upstream.url, { connections: 1 });
  const first = await rawClient(proxy.port, get);
  await until(() => upstream.held.length === 1);
  const surplus = await rawClient(proxy.port, get);
  await surplus.ended;
  expect(surplus.text()).toMatch(/^HTTP\/1\.1 503 /);
  expect(surplus.text()).toContain('Retry-After: 1');
  expect(surplus.text()).toContain('Connection: close');
  expect(surplus.text()).toContain('FIG_OVERLOADED');

  const crowd = await Promise.all(Array.from({ length: 40 }, () => rawClient(proxy.port)));
  const dropped = (): number => crowd.filter((client) => client.closed()).length;
  await until(() => dropped() >= 20 && dropped() + proxy.proxy.load().connections === 1 + crowd.length);
  for (const { socket } of crowd) socket.destroy();
  first.socket.destroy();
  await until(() => proxy.proxy.load().connections === 0);
  upstream.held.length = 0;
  const next = await rawClient(proxy.port, get);
  await until(() => upstream.held.length === 1);
  upstream.held[0]!.end('room again');
  await next.receives('room again');
  expect(proxy.proxy.load().refused.connections).toBeGreaterThanOrEqual(20);
});

test('connection cap: an upgrade on a connection too many is refused before the upstream hears of it', async () => {
  await using upstream = await startHolding();
  await using proxy = await proxyWith(upstream.url, { connections: 1 });
  await rawClient(proxy.port, get);
  await until(() => upstream.held.length === 1);
  const upgrade = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  expect(await exchangeRaw(proxy.port, upgrade)).toMatch(/^HTTP\/1\.1 503 /);
  expect(upstream.connections).toBe(1);
});

test('in flight cap: overload is answered 503 with Retry-After at once, not queued', async () => {
  await using upstream = await startHolding();
  await using proxy = await proxyWith(upstream.url, { inFlight: 2 });
  const [one, two] = [await rawClient(proxy.port, get), await rawClient(proxy.port, get)];
  await until(() => upstream.held.length === 2);
  const refused = await fetch(proxy.url);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(await refused.json()).toMatchObject({ error: { code: 'FIG_OVERLOADED' } });
  expect(upstream.held.length).toBe(2);
  for (const res of upstream.held) res.end('done');
  await one.receives('done');
  await two.receives('done');
  await until(() => proxy.proxy.load().inFlight === 0);
  const next = fetch(proxy.url);
  await until(() => upstream.held.length === 3);
  upstream.held[2]!.end('fine');
  expect(await (await next).text()).toBe('fine');
});

test('upstream cap: requests wait for a turn in order, and get 503 when it does not come', async () => {
  await using upstream = await startHolding();
  await using proxy = await proxyWith(upstream.url, { upstreamConnections: 1, upstreamWaitMs: 60_000 });
  const first = await rawClient(proxy.port, get);
  await until(() => upstream.held.length === 1);
  const second = await rawClient(proxy.port, get);
  await until(() => proxy.proxy.load().upstreamWaiting === 1);
  expect(upstream.held.length).toBe(1);
  upstream.held[0]!.end('first');
  await first.receives('first');
  await until(() => upstream.held.length === 2);
  upstream.held[1]!.end('second');
  await second.receives('second');
  await until(() => proxy.proxy.load().upstreamBusy === 0);

  await using hasty = await proxyWith(upstream.url, { upstreamConnections: 1, upstreamWaitMs: 50 });
  await rawClient(hasty.port, get);
  await until(() => upstream.held.length === 3);
  const refused = await fetch(hasty.url);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  expect(upstream.held.length).toBe(3);
});

test('upstream cap: a client that leaves while it waits leaves the line', async () => {
  await using upstream = await startHolding();
  await using proxy = await proxyWith(upstream.url, { upstreamConnections: 1, upstreamWaitMs: 60_000 });
  const first = await rawClient(proxy.port, get);
  await until(() => upstream.held.length === 1);
  const second = await rawClient(proxy.port, get);
  await until(() => proxy.proxy.load().upstreamWaiting === 1);
  second.socket.destroy();
  await until(() => proxy.proxy.load().upstreamWaiting === 0);
  first.socket.destroy();
  await until(() => proxy.proxy.load().upstreamBusy === 0 && proxy.proxy.load().inFlight === 0);
  expect(upstream.connections).toBe(1);
});

test('event streams and tunnels take no place from requests', async () => {
  await using upstream = await startUpstream((req, res) => {
    if (req.url !== '/events') res.end('answer');
    else {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: hello\n\n');
    }
  });
  const webSockets = new WebSocketServer({ server: upstream.server });
  webSockets.on('connection', (socket) => socket.send('hi'));
  await using proxy = await proxyWith(upstream.url, { inFlight: 1, upstreamConnections: 1, upstreamWaitMs: 0 });
  const stream = await rawClient(proxy.port, 'GET /events HTTP/1.1\r\nHost: a\r\n\r\n');
  await stream.receives('hello');
  const tunnel = await rawClient(
    proxy.port,
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await tunnel.receives('hi');
  expect(await (await fetch(proxy.url)).text()).toBe('answer');
  expect(proxy.proxy.load()).toMatchObject({ streams: 2, upstreamBusy: 0 });
  stream.socket.destroy();
  tunnel.socket.destroy();
  await until(() => proxy.proxy.load().streams === 0);
});

test('workers share the counts, and each has at least one of everything', () => {
  const limits = limitsOf({ connections: 10, inFlight: 5, upstreamConnections: 1, bodyBytes: 7 });
  expect(shareOf(limits, 4)).toMatchObject({ connections: 3, inFlight: 2, upstreamConnections: 1, bodyBytes: 7 });
});
