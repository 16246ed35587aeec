import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { limitsOf } from '../../src/config/limits.ts';
import { startTestProxy, startUpstream, until, type Upstream } from './support/harness.ts';
import { errorCodes, frameTypes, rawHttp2, request, type RawHttp2 } from './support/http2-frames.ts';
import { serverFiles } from './support/tls.ts';

/** A legacy app that answers /fine, and holds back everything else. */
async function startHolding(): Promise<Upstream & { readonly held: ServerResponse[] }> {
  const held: ServerResponse[] = [];
  const upstream = await startUpstream((req, res) => {
    if (req.url === '/fine') res.end('fine');
    else held.push(res);
  });
  return Object.assign(upstream, { held });
}

const proxyOf = (legacy: URL) => startTestProxy(legacy, { tls: serverFiles, limits: limitsOf({}) });

async function fine(client: RawHttp2, stream: number): Promise<string> {
  client.ask(stream, request('/fine'));
  return (await client.receives(frameTypes.data, stream)).payload.toString();
}

test('HTTP/2 rapid reset: what is taken back in the same breath never reaches legacy', async () => {
  await using upstream = await startHolding();
  await using proxy = await proxyOf(upstream.url);
  const client = await rawHttp2(proxy.port);
  client.socket.cork();
  for (let stream = 1; stream < 200; stream += 2) {
    client.ask(stream, request(`/slow/${stream}`));
    client.reset(stream, errorCodes.cancel);
  }
  client.socket.uncork();
  expect(await fine(client, 201)).toBe('fine');
  expect(upstream.connections).toBe(1);
  expect(proxy.proxy.load()).toMatchObject({ inFlight: 0, upstreamBusy: 0 });
  client.socket.destroy();
});

test.each([
  ['CANCEL', errorCodes.cancel],
  ['NO_ERROR', errorCodes.none],
  ['INTERNAL_ERROR', errorCodes.internal],
])(
  'HTTP/2 rapid reset: who asks and takes back again and again, with %s, is sent away, and nothing stays behind',
  async (_, code) => {
    await using upstream = await startHolding();
    await using proxy = await proxyOf(upstream.url);
    const client = await rawHttp2(proxy.port);
    let asked = 0;
    for (let round = 0; round < 10 && !client.socket.closed; round += 1) {
      const streams = Array.from({ length: 100 }, (__, n) => 2 * (round * 100 + n) + 1);
      for (const stream of streams) client.ask(stream, request(`/slow/${stream}`));
      asked += streams.length;
      await until(() => upstream.held.length === asked || client.socket.closed);
      for (const stream of streams) client.reset(stream, code);
      await until(() => proxy.seen.length === asked || client.socket.closed);
    }
    const goaway = await client.receives(frameTypes.goaway, 0);
    expect(goaway.payload.readUInt32BE(4)).toBe(errorCodes.calm);
    await until(() => client.socket.closed);
    expect(upstream.held.length).toBeLessThanOrEqual(300);
    await until(() => proxy.proxy.inFlight === 0 && upstream.sockets.size === 0);

    const other = await rawHttp2(proxy.port);
    expect(await fine(other, 1)).toBe('fine');
    other.socket.destroy();
  },
);

test('HTTP/2: a visitor who leaves pages before they are there is served on', async () => {
  await using upstream = await startHolding();
  await using proxy = await proxyOf(upstream.url);
  const client = await rawHttp2(proxy.port);
  for (let page = 0; page < 2; page += 1) {
    const streams = Array.from({ length: 100 }, (_, n) => 2 * (page * 100 + n) + 1);
    for (const stream of streams) client.ask(stream, request(`/picture/${stream}`));
    await until(() => upstream.held.length === (page + 1) * 100);
    for (const stream of streams) client.reset(stream, errorCodes.cancel);
    await until(() => proxy.seen.length === (page + 1) * 100);
  }
  expect(await fine(client, 401)).toBe('fine');
  client.socket.destroy();
});
