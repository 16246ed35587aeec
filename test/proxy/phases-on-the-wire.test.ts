import { request } from 'node:http';
import { expect, test } from 'vitest';
import { bodyOf, ordersFeature, rawClient, routingOf, startTestProxy, startUpstream } from './support/harness.ts';
import { World, ask, entered } from './support/own-writes-world.ts';

test('phases: they change under a connection that stays, and an answer under way is not touched', async () => {
  const world = new World('legacy');
  const rest: (() => void)[] = [];
  await using upstream = await startUpstream((req, res) => {
    if (req.url !== '/long') res.end('legacy');
    else {
      res.write('begun, ');
      rest.push(() => res.end('ended'));
    }
  });
  await using proxy = await startTestProxy(upstream.url, world.options());
  const long = await rawClient(proxy.port, 'GET /long HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await long.receives('begun');
  const client = await rawClient(proxy.port);
  let answers = 0;
  const read = async (): Promise<string> => {
    answers += 1;
    client.send(`GET /orders/1?n=${answers} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await expect.poll(() => client.text().match(/HTTP\/1\.1 200 OK/g)?.length).toBe(answers);
    return client.text().slice(client.text().lastIndexOf('HTTP/1.1'));
  };
  for (const phase of ['legacy', 'shadow', 'live', 'shadow', 'live', 'legacy'] as const) {
    world.routing = routingOf(phase);
    if (phase === 'live') await entered(proxy);
    expect((await read()).includes('x-fig-served-by: candidate')).toBe(phase === 'live');
  }
  expect(client.closed()).toBe(false);
  rest[0]!();
  await long.ended;
  expect(long.text()).toContain('ended');
  client.socket.destroy();
});

test('canary: on the wire a visitor stays on one side, a larger share only adds, and no cookie of ours decides it', async () => {
  const world = new World('live');
  await using upstream = await startUpstream((_, res) => res.end('legacy'));
  await using proxy = await startTestProxy(upstream.url, world.options());
  await entered(proxy);
  const visitors = Array.from({ length: 30 }, (_, n) => `session=visitor-${n}`);
  const inside = async (percent: number, more = ''): Promise<Set<string>> => {
    world.routing = routingOf('canary', percent);
    const found = new Set<string>();
    for (const visitor of visitors) {
      if ((await ask(proxy, 'GET', '/orders/1', visitor + more)).body === 'candidate') found.add(visitor);
    }
    return found;
  };
  let before = new Set<string>();
  for (const percent of [5, 25, 50, 90]) {
    const now = await inside(percent);
    expect([...before].filter((visitor) => !now.has(visitor))).toEqual([]);
    // Forged, stale or garbled, it is as if it were not there.
    const forged = `; fig_fence=ffff.${Date.now().toString(36)}.k.${'a'.repeat(43)}; fig_fence=1`;
    expect(await inside(percent, forged)).toEqual(now);
    before = now;
  }
  expect(before.size).toBeGreaterThan(15);
  // Back again: whoever was outside is outside.
  expect([...(await inside(5))].every((visitor) => before.has(visitor))).toBe(true);
});

test('tries again: a read whose kept connection breaks is sent once more, a write is not', async () => {
  const asked: string[] = [];
  await using upstream = await startUpstream((req, res) => {
    asked.push(`${req.method} ${req.url}`);
    // The first on each connection is answered; the connection breaks under the second.
    const { socket } = req;
    if (socket.bytesWritten > 0) socket.destroy();
    else void bodyOf(req).then(() => res.end('ok'));
  });
  await using proxy = await startTestProxy(upstream.url, { features: [ordersFeature] });
  const send = (method: string, path: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const outgoing = request(proxy.url + path, { method, agent: false }, (res) => {
        res.resume().once('end', () => resolve(res.statusCode));
      });
      outgoing.on('error', reject).end();
    });
  expect(await send('GET', '/1')).toBe(200);
  expect(await send('GET', '/2')).toBe(200);
  expect(asked).toEqual(['GET /1', 'GET /2', 'GET /2']);
  expect(await send('POST', '/3')).toBe(502);
  expect(asked.slice(3)).toEqual(['POST /3']);
  expect(upstream.connections).toBe(2);
});
