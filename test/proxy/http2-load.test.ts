import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { limitsOf, type LimitsDefinition } from '../../src/config/limits.ts';
import { startRawUpstream, startTestProxy, startUpstream, until } from './support/harness.ts';
import { frameTypes, rawHttp2, request, type RawHttp2 } from './support/http2-frames.ts';
import { serverFiles } from './support/tls.ts';

const proxyWith = (legacy: URL, limits: LimitsDefinition) =>
  startTestProxy(legacy, { tls: serverFiles, limits: limitsOf(limits), stopGraceMs: 10_000 });

/** A legacy app that holds every answer back until it is told. */
async function startHolding() {
  const held: ServerResponse[] = [];
  const upstream = await startUpstream((_, res) => {
    held.push(res);
  });
  return Object.assign(upstream, { held });
}

async function bodyOn(client: RawHttp2, stream: number): Promise<string> {
  return (await client.receives(frameTypes.data, stream)).payload.toString();
}

const isClosed = (client: RawHttp2): boolean => client.socket.closed;

test('HTTP/2 connection cap: a connection too many is told so on every stream and then closed; room is used again', async () => {
  await using upstream = await startHolding();
  await using proxy = await proxyWith(upstream.url, { connections: 1 });
  const first = await rawHttp2(proxy.port);
  first.ask(1, request('/first'));
  await until(() => upstream.held.length === 1);
  expect(proxy.proxy.load().connections).toBe(1);

  const surplus = await rawHttp2(proxy.port);
  surplus.ask(1, request('/one'));
  surplus.ask(3, request('/two'));
  expect(await bodyOn(surplus, 1)).toContain('FIG_OVERLOADED');
  expect(await bodyOn(surplus, 3)).toContain('FIG_OVERLOADED');
  await until(() => isClosed(surplus));
  expect(upstream.held.length).toBe(1);

  upstream.held[0]!.end('served');
  expect(await bodyOn(first, 1)).toBe('served');
  first.socket.destroy();
  await until(() => proxy.proxy.load().connections === 0);
  const next = await rawHttp2(proxy.port);
  next.ask(1, request('/next'));
  await until(() => upstream.held.length === 2);
  upstream.held[1]!.end('room again');
  expect(await bodyOn(next, 1)).toBe('room again');
  next.socket.destroy();
});

test('HTTP/2 in flight cap: streams count one by one, and one too many gets 503 while the others go on', async () => {
  await using upstream = await startHolding();
  await using proxy = await proxyWith(upstream.url, { inFlight: 2 });
  const client = await rawHttp2(proxy.port);
  client.ask(1, request('/one'));
  client.ask(3, request('/two'));
  await until(() => upstream.held.length === 2);
  expect(proxy.proxy.load()).toMatchObject({ connections: 1, inFlight: 2 });
  client.ask(5, request('/three'));
  expect(await bodyOn(client, 5)).toContain('FIG_OVERLOADED');
  for (const res of upstream.held) res.end('done');
  expect(await bodyOn(client, 1)).toBe('done');
  expect(await bodyOn(client, 3)).toBe('done');
  await until(() => proxy.proxy.load().inFlight === 0);
  expect(proxy.proxy.load().refused['in-flight']).toBe(1);
  client.socket.destroy();
});

test('HTTP/2 drain: GOAWAY at once, what is under way is answered, and then the connection is closed', async () => {
  await using upstream = await startHolding();
  await using proxy = await proxyWith(upstream.url, {});
  const client = await rawHttp2(proxy.port);
  client.ask(1, request('/slow'));
  await until(() => upstream.held.length === 1);
  const stopped = proxy.proxy.stop();
  await client.receives(frameTypes.goaway, 0);
  expect(isClosed(client)).toBe(false);
  upstream.held[0]!.end('the last one');
  expect(await bodyOn(client, 1)).toBe('the last one');
  await stopped;
  await until(() => isClosed(client));
});

test('HTTP/2 header caps: too many lines get 431', async () => {
  await using upstream = await startUpstream((_, res) => res.end());
  await using proxy = await proxyWith(upstream.url, { headerLines: 50 });
  const client = await rawHttp2(proxy.port);
  const lines = Array.from({ length: 60 }, (_, n) => [`x-${n}`, 'a'] as const);
  client.ask(1, request('/x', lines));
  expect(await bodyOn(client, 1)).toContain('FIG_REQUEST_TOO_LARGE');
  expect(upstream.connections).toBe(0);
  client.socket.destroy();
});

test('HTTP/2 header caps: too many bytes get 431 before legacy hears of it, and the other streams go on', async () => {
  await using upstream = await startUpstream((_, res) => res.end('fine'));
  await using proxy = await proxyWith(upstream.url, { headerBytes: 8_000 });
  const client = await rawHttp2(proxy.port);
  client.ask(1, request('/big', [['x-big', 'a'.repeat(9_000)]]));
  expect(await bodyOn(client, 1)).toContain('FIG_REQUEST_TOO_LARGE');
  expect(upstream.connections).toBe(0);
  client.ask(3, request('/small'));
  expect(await bodyOn(client, 3)).toBe('fine');
  client.socket.destroy();
});

test('HTTP/2 slow body: an upload that trickles in gets 408, and the other streams go on', async () => {
  await using upstream = await startRawUpstream((received, socket) => {
    if (received.startsWith('GET')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine');
  });
  await using proxy = await proxyWith(upstream.url, { bodyTimeoutMs: 200, bodyBytesPerSecond: 1_000 });
  const client = await rawHttp2(proxy.port);
  const post = request('/up').map((field) => (field[0] === ':method' ? ([field[0], 'POST'] as const) : field));
  client.ask(1, post, false);
  const trickle = setInterval(() => client.data(1, 'a', false), 20);
  try {
    expect(await bodyOn(client, 1)).toContain('FIG_REQUEST_TOO_SLOW');
  } finally {
    clearInterval(trickle);
  }
  client.ask(3, request('/next'));
  expect(await bodyOn(client, 3)).toBe('fine');
  await until(() => proxy.seen.length === 2);
  expect(proxy.seen).toContainEqual(expect.objectContaining({ status: 408, reason: 'body-too-slow' }));
  client.socket.destroy();
});

test('HTTP/2 slow headers: a connection that asks for nothing is closed', async () => {
  await using upstream = await startUpstream((_, res) => res.end());
  await using proxy = await proxyWith(upstream.url, { headersTimeoutMs: 100 });
  const client = await rawHttp2(proxy.port);
  await client.receives(frameTypes.goaway, 0);
  await until(() => isClosed(client));
});
