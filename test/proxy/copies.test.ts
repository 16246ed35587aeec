import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ordersFeature, rawClient, routingOf, startTestProxy, startUpstream, until } from './support/harness.ts';

const shadowed = () => {
  const routing = routingOf('shadow');
  return { features: [ordersFeature], routing: () => routing };
};

test('in shadow the copy holds question and answer as they went over the wire', async () => {
  const body = gzipSync('{"id":7}');
  await using upstream = await startUpstream((_, res) => {
    res.writeHead(200, { 'Content-Encoding': 'gzip', 'Set-Cookie': ['a=1', 'b=2'] });
    res.write(body.subarray(0, 5));
    res.end(body.subarray(5));
  });
  await using proxy = await startTestProxy(upstream.url, shadowed());
  const client = await rawClient(
    proxy.port,
    'GET /orders/7?x=1 HTTP/1.1\r\nHost: pub\r\nX-D: 1\r\nX-D: 2\r\nCookie: s=1; fig_fence=a.b\r\nConnection: close\r\n\r\n',
  );
  await client.ended;
  await until(() => proxy.offered.length === 1);
  const [copy] = proxy.offered;
  expect(copy).toMatchObject({
    feature: 'orders',
    route: 'GET /orders/:id',
    params: { id: '7' },
    servedBy: 'legacy',
    candidateFailure: undefined,
    reads: { phase: 'shadow' },
    question: {
      method: 'GET',
      target: '/orders/7?x=1',
      headers: [
        ['Host', 'pub', 'X-D', '1', 'X-D', '2', 'Cookie', 's=1', 'X-Forwarded-For', '127.0.0.1'],
        ['X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'pub', 'Forwarded', 'for=127.0.0.1;host=pub;proto=http'],
        ['X-Request-Id', expect.any(String)],
      ].flat(),
    },
  });
  expect(copy?.answer.status).toBe(200);
  expect(Buffer.from(copy?.answer.body ?? []).equals(body)).toBe(true);
  expect(copy?.answer.headers.slice(0, 6)).toEqual([
    'Content-Encoding',
    'gzip',
    'Set-Cookie',
    'a=1',
    'Set-Cookie',
    'b=2',
  ]);
  expect(copy?.id).toMatch(/^[\w-]{14,}$/);
});

test('what no feature owns is not copied', async () => {
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  await using proxy = await startTestProxy(upstream.url, shadowed());
  await (await fetch(`${proxy.url}/other`)).text();
  await (await fetch(`${proxy.url}/orders/1`, { method: 'POST' })).text();
  await until(() => proxy.seen.length === 2);
  expect(proxy.offered).toEqual([]);
});

test('a body over the limit is told as dropped, and the user gets all of it', async () => {
  await using upstream = await startUpstream((_, res) => res.end('x'.repeat(101)));
  await using proxy = await startTestProxy(upstream.url, { ...shadowed(), captureLimitBytes: 100 });
  expect((await (await fetch(`${proxy.url}/orders/1`)).text()).length).toBe(101);
  await until(() => proxy.dropped.length === 1);
  expect(proxy.dropped).toEqual([{ route: 'GET /orders/:id', reason: 'too-large' }]);
  expect(proxy.offered).toEqual([]);
});

test('an answer that the client did not wait for is told as dropped', async () => {
  await using upstream = await startUpstream((_, res) => {
    res.write('part');
  });
  await using proxy = await startTestProxy(upstream.url, shadowed());
  const client = await rawClient(proxy.port, 'GET /orders/1 HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.receives('part');
  client.socket.destroy();
  await until(() => proxy.dropped.length === 1);
  expect(proxy.dropped).toEqual([{ route: 'GET /orders/:id', reason: 'aborted' }]);
});

test('a sink that wants nothing is not given anything', async () => {
  const calls: string[] = [];
  const sink = {
    wants: () => false,
    offer: () => {
      calls.push('offer');
    },
    dropped: () => {
      calls.push('dropped');
    },
  };
  await using upstream = await startUpstream((_, res) => res.end('ok'));
  await using proxy = await startTestProxy(upstream.url, { ...shadowed(), sink });
  await (await fetch(`${proxy.url}/orders/1`)).text();
  await until(() => proxy.seen.length === 1);
  expect(calls).toEqual([]);
});

const fail = (): never => {
  throw new Error('broken');
};

test.each(['wants', 'offer', 'observe'] as const)(
  'a shadow or observer that throws in %s does not touch the user',
  async (where) => {
    const sink = { wants: () => true, offer: () => undefined, dropped: () => undefined, [where]: fail };
    await using upstream = await startUpstream((_, res) => res.end('ok'));
    await using proxy = await startTestProxy(upstream.url, {
      ...shadowed(),
      sink,
      ...(where === 'observe' ? { observe: fail } : {}),
    });
    for (let i = 0; i < 3; i += 1) expect(await (await fetch(`${proxy.url}/orders/1`)).text()).toBe('ok');
  },
);
