import { expect, test } from 'vitest';
import type { Candidate } from '../../src/kernel/candidate.ts';
import { exchangeRaw, ordersFeature, routingOf, startTestProxy, startUpstream, until } from './support/harness.ts';
import { ScriptedApplied, ScriptedSource } from './support/scripted-positions.ts';

const candidate: Candidate = {
  ask: async ({ target }) => ({
    ok: true,
    answer: { status: 200, headers: [], body: Buffer.from(`candidate ${target}`) },
    tookMs: 1,
  }),
};

const live = () => {
  const routing = routingOf('live');
  const source = new ScriptedSource();
  return {
    source,
    options: {
      features: [ordersFeature],
      routing: () => routing,
      candidate: () => candidate,
      applied: () => new ScriptedApplied(1_000n),
      source,
    },
  };
};

const get = (port: number, target: string, method = 'GET'): Promise<string> =>
  exchangeRaw(
    port,
    `${method} ${target} HTTP/1.1\r\nHost: a\r\nUser-Agent: ann\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
  );

/** Waits until the floor of the feature is known. */
async function serving(port: number): Promise<void> {
  for (;;) {
    if ((await get(port, '/orders/0')).includes('candidate /orders/0')) return;
  }
}

test.each([
  '/orders/%31',
  '/%6frders/1',
  '/%6Frders/1',
  '/x/../orders/1',
  '/x/%2e%2e/orders/1',
  '/x/..;/orders/1',
  '//orders/1',
  '/orders//1',
  '/orders/1/',
  '/orders/1;v=2',
  '/orders;v=2/1',
  '/orders%2f1',
  '/orders%252f1',
  '/orders\\1',
  '/orders/1%3fx',
  '/orders/1%00',
  'http://a/orders/1',
  'http://A:80/orders/1',
])('a routing rule cannot be evaded by spelling: %s is legacy’s, as it came, and is not copied', async (target) => {
  const targets: (string | undefined)[] = [];
  await using upstream = await startUpstream((req, res) => {
    targets.push(req.url);
    res.end('legacy');
  });
  await using proxy = await startTestProxy(upstream.url, live().options);
  await serving(proxy.port);
  targets.length = 0;
  proxy.offered.length = 0;
  proxy.seen.length = 0;
  expect(await get(proxy.port, target)).toMatch(/legacy$/);
  await until(() => proxy.seen.length === 1);
  expect(targets).toEqual([target]);
  expect(proxy.seen).toMatchObject([{ reason: 'ambiguous-path', servedBy: 'legacy' }]);
  expect(proxy.offered).toEqual([]);
});

test('a write through an ambiguous spelling is a write: the visitor’s next read waits for it', async () => {
  const { source, options } = live();
  await using upstream = await startUpstream((_, res) => {
    source.position = 5_000n;
    res.end('legacy');
  });
  await using proxy = await startTestProxy(upstream.url, { ...options, fenceBudgetMs: 20 });
  await serving(proxy.port);
  source.position = 5_000n;
  const answer = await get(proxy.port, '/x/..;/orders//1/', 'POST');
  expect(answer).toContain('Set-Cookie: fig_fence=');
  // The read model stands at 1000, the write at 5000.
  expect(await get(proxy.port, '/orders/1')).toMatch(/legacy$/);
  await until(() => proxy.seen.at(-1)?.reason === 'fence-timeout');
});

test('an old Latin-1 URL passes byte for byte', async () => {
  const targets: (string | undefined)[] = [];
  await using upstream = await startUpstream((req, res) => {
    targets.push(req.url);
    res.end('legacy');
  });
  await using verbatim = await startTestProxy(upstream.url, live().options);
  await using strict = await startTestProxy(upstream.url, { paths: 'strict' });
  for (const { port } of [verbatim, strict]) {
    for (const target of ['/%E4%F6', '/orders/%E4%F6?q=%FC']) {
      expect(await get(port, target)).toMatch(/legacy$/);
      expect(targets.pop()).toBe(target);
    }
  }
});

test.each([
  '/a%2Fb',
  '/a%5cb',
  '/a\\b',
  '/a%00',
  '/a%1f',
  '/a/../b',
  '/a/%2e%2e/b',
  '/a/..;/b',
  '/a%3Fb',
  '/a%23b',
  '/a#b',
  '/a%252Fb',
  '/a/%252e%252e/b',
])('strict refuses %s with 400 and a code of its own, and legacy is not asked', async (target) => {
  await using upstream = await startUpstream((_, res) => res.end('legacy'));
  await using proxy = await startTestProxy(upstream.url, { paths: 'strict' });
  const answer = await get(proxy.port, target);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain('FIG_PATH_REFUSED');
  expect(upstream.connections).toBe(0);
});

test('strict refuses the target of an upgrade as well', async () => {
  await using upstream = await startUpstream((_, res) => res.end('legacy'));
  await using proxy = await startTestProxy(upstream.url, { paths: 'strict' });
  const answer = await exchangeRaw(
    proxy.port,
    'GET /a/%2e%2e/b HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  expect(answer).toContain('FIG_PATH_REFUSED');
  expect(upstream.connections).toBe(0);
});
