import { expect, test } from 'vitest';
import { RouteTable } from '../../proxy/route-table.ts';
import { normalizeConfig } from '../../src/config/normalize-config.ts';
import { exchangeRaw, routingOf, startTestProxy, startUpstream } from './support/harness.ts';

const table = new RouteTable([
  {
    name: 'orders',
    candidateTimeoutMs: 100,
    routes: [
      { route: 'plain', method: 'GET', path: '/orders' },
      { route: 'v2', method: 'GET', path: '/orders', when: { headers: { Accept: /\bv=2\b/g } } },
      { route: 'german', method: 'GET', path: '/orders', when: { host: 'de.shop.test', query: { page: '1' } } },
      { route: 'tenant', method: 'GET', path: '/tenant', when: { host: '*.shop.test' } },
      { route: 'search', method: 'GET', path: '/graphql', when: { query: { operationName: 'Orders' } } },
    ],
  },
]);

const route = (target: string, ...headers: string[]): string | undefined => table.match('GET', target, headers)?.route;

test.each([
  ['none is met', '/orders', ['Host', 'shop.test'], 'plain'],
  ['a header matches', '/orders', ['accept', 'application/json;v=2'], 'v2'],
  ['the header is another', '/orders', ['Accept', 'application/json;v=23'], 'plain'],
  ['host and query match', '/orders?page=1', ['HOST', 'DE.shop.test:8080'], 'german'],
  ['only one of two is met', '/orders?page=2', ['Host', 'de.shop.test'], 'plain'],
  ['the host is below the name', '/tenant', ['Host', 'a.b.shop.test.'], 'tenant'],
  ['the host is the name itself', '/tenant', ['Host', 'shop.test'], undefined],
  ['the host only ends like it', '/tenant', ['Host', 'evilshop.test'], undefined],
  ['HTTP/2 names the host', '/tenant', [':authority', 'a.shop.test'], 'tenant'],
  ['there is no host', '/tenant', [], undefined],
  ['the operation is the one', '/graphql?operationName=%4frders&query=x', [], 'search'],
  ['the operation is another', '/graphql?operationName=orders', [], undefined],
  ['the query has no operation', '/graphql', [], undefined],
])('when %s', (_, target, headers, expected) => {
  expect(route(target, ...headers)).toBe(expected);
  // An expression with a memory would say something else the second time.
  expect(route(target, ...headers)).toBe(expected);
});

test.each([
  ['a header that comes twice', '/orders', ['Accept', 'v=2', 'Accept', 'v=1']],
  ['a parameter that comes twice', '/orders?page=1&page=2', ['Host', 'de.shop.test']],
  ['a host in the target and another in the header', 'http://de.shop.test/orders?page=1', ['Host', 'shop.test']],
  ['two hosts', '/orders?page=1', ['Host', 'de.shop.test', 'Host', 'shop.test']],
  ['a value without end', '/orders', ['Accept', `v=2${' '.repeat(2_000)}`]],
])('%s belongs to no route at all, not even to the plain one', (_, target, headers) => {
  expect(route(target, ...headers)).toBeUndefined();
});

const config = (entry: unknown) =>
  normalizeConfig(
    {
      legacy: { url: 'http://127.0.0.1:1' },
      features: [{ name: 'orders', candidate: 'http://127.0.0.1:2', routes: ['GET /orders', entry] }],
    },
    'test',
  );

test('the config takes conditions, names the route after them, and refuses nonsense', () => {
  const { features } = config({ route: 'GET /orders', host: 'a.test', headers: { 'X-V': /^2/ }, query: { q: '1' } });
  expect(features[0]!.routes.map((each) => each.route)).toEqual([
    'GET /orders',
    'GET /orders [host a.test, x-v: /^2/, ?q=1]',
  ]);
  expect(features[0]!.fingerprint).not.toBe(
    config({ route: 'GET /orders', host: 'a.test', headers: { 'X-V': /^3/ }, query: { q: '1' } }).features[0]!
      .fingerprint,
  );
  expect(() => config({ route: 'GET /orders' })).toThrow(/declared by orders and by orders/);
  expect(() => config({ route: 'POST /orders', host: 'a.test' })).toThrow(/FIG_CONFIG|not a valid migration/);
  expect(() => config({ route: 'GET /orders', host: 'a.test:80' })).toThrow(/not a valid migration/);
  expect(() => config({ route: 'GET /orders', hosts: 'a.test' })).toThrow(/not a valid migration/);
});

test('on the wire, only requests that meet the conditions are compared, and all are forwarded untouched', async () => {
  const shadow = routingOf('shadow');
  const received: string[] = [];
  await using upstream = await startUpstream((req, res) => {
    received.push(req.url ?? '');
    res.end('legacy');
  });
  const routes = [{ route: 'v2', method: 'GET', path: '/orders', when: { headers: { 'x-v': '2' } } }];
  await using proxy = await startTestProxy(upstream.url, {
    features: [{ name: 'orders', candidateTimeoutMs: 100, routes }],
    routing: () => shadow,
  });
  // Named in Connection, the header does not reach legacy, which answers as if there were none.
  const hidden = 'X-V: 2\r\nConnection: X-V\r\n';
  for (const headers of ['X-V: 2\r\n', 'X-V: 1\r\n', 'X-V: 2\r\nX-V: 2\r\n', hidden, '']) {
    const request = `GET /orders?a=%41 HTTP/1.1\r\nHost: a\r\n${headers}Connection: close\r\n\r\n`;
    expect(await exchangeRaw(proxy.port, request)).toContain('legacy');
  }
  expect(received).toEqual(Array(5).fill('/orders?a=%41'));
  expect(proxy.seen.map(({ reason }) => reason)).toEqual(['phase-shadow', ...Array(4).fill('no-route')]);
  expect(proxy.offered).toHaveLength(1);
});

test('a condition on what the proxy states itself goes by that, not by what a client claims', async () => {
  const shadow = routingOf('shadow');
  await using upstream = await startUpstream((_, res) => res.end('legacy'));
  const when = { headers: { 'x-forwarded-proto': 'http', host: 'pub.test' } };
  await using proxy = await startTestProxy(upstream.url, {
    features: [
      { name: 'orders', candidateTimeoutMs: 100, routes: [{ route: 'r', method: 'GET', path: '/orders', when }] },
    ],
    routing: () => shadow,
    hostHeader: 'replace',
  });
  const claim = 'GET /orders HTTP/1.1\r\nHost: pub.test\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n';
  expect(await exchangeRaw(proxy.port, claim)).toContain('legacy');
  expect(proxy.seen).toMatchObject([{ reason: 'phase-shadow' }]);
});
