import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { rawClient, startTestProxy, startUpstream, until } from './support/harness.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const post = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi`;

/** A legacy app that holds every answer back until it is told. */
async function startHolding() {
  const held = new Map<string, ServerResponse>();
  const upstream = await startUpstream((req, res) => {
    req.resume();
    held.set(req.url ?? '', res);
  });
  return Object.assign(upstream, { held, asked: () => [...held.keys()] });
}

test('pipelined: what may change something is asked in the order in which it came', async () => {
  await using upstream = await startHolding();
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, get('/a') + get('/b') + post('/c') + post('/d') + get('/e') + get('/f'));
  await until(() => upstream.held.size === 2);
  expect(upstream.asked().toSorted()).toEqual(['/a', '/b']);
  upstream.held.get('/b')!.end('B');
  upstream.held.get('/a')!.end('A');
  await until(() => upstream.held.size > 2);
  expect(upstream.asked()).toHaveLength(3);
  upstream.held.get('/c')!.end('C');
  await until(() => upstream.held.size > 3);
  expect(upstream.asked()).toHaveLength(4);
  upstream.held.get('/d')!.end('D');
  await until(() => upstream.held.has('/e'));
  upstream.held.get('/e')!.end('E');
  await until(() => upstream.held.has('/f'));
  upstream.held.get('/f')!.end('F');
  await client.receives('\r\n\r\nF');
  expect(client.text().match(/(?<=\r\n\r\n)[A-F]/g)).toEqual(['A', 'B', 'C', 'D', 'E', 'F']);
  await until(() => proxy.seen.length === 6);
  expect(proxy.seen.map(({ aborted }) => aborted)).toEqual(Array(6).fill(false));
  client.socket.destroy();
});

test('pipelined: a write whose turn has not come is not sent when its client leaves', async () => {
  await using upstream = await startHolding();
  await using proxy = await startTestProxy(upstream.url);
  const client = await rawClient(proxy.port, get('/a') + post('/b'));
  await until(() => proxy.proxy.inFlight === 2 && upstream.held.size === 1);
  client.socket.destroy();
  await until(() => proxy.seen.length === 2);
  await until(() => proxy.proxy.inFlight === 0 && upstream.sockets.size === 0);
  expect(upstream.asked()).toEqual(['/a']);
});

test('pipelined: a write behind the last answer of a connection that is being drained is not sent', async () => {
  await using upstream = await startHolding();
  await using proxy = await startTestProxy(upstream.url, { stopGraceMs: 20_000 });
  const client = await rawClient(proxy.port, get('/a'));
  await until(() => upstream.held.size === 1);
  const stopped = proxy.proxy.stop();
  client.send(post('/b'));
  await until(() => proxy.proxy.inFlight === 2);
  upstream.held.get('/a')!.end('A');
  await stopped;
  await client.ended;
  expect(client.text()).toMatch(/Connection: close[\s\S]*A$/);
  expect(upstream.asked()).toEqual(['/a']);
  expect(proxy.proxy.load()).toMatchObject({ inFlight: 0, connections: 0 });
});
