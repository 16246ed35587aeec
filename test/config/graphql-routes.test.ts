import { expect, test } from 'vitest';
import { normalizeConfig } from '../../src/config/normalize-config.ts';

const legacy = { url: 'http://127.0.0.1:1' };
const readModel = {
  name: 'orders',
  version: 1,
  key: 'id',
  table: () => undefined,
  sources: { orders: { key: 'id', dirty: () => [] } },
  build: () => undefined,
};
const withFeature = (feature: object) =>
  normalizeConfig({ legacy, features: [{ name: 'orders', ...feature }] }, 'test');
const atUrl = (...routes: unknown[]) => withFeature({ candidate: 'http://127.0.0.1:2', routes }).features[0]!;
const declared = (operations: object) => withFeature({ readModel, operations }).features[0]!;
const handler = (): string => 'answer';

test.each([
  ['Orders', 'POST /graphql [operation Orders]'],
  [['Orders', 'Order'], 'POST /graphql [operation Orders or Order]'],
  [/^Orders/, 'POST /graphql [operation /^Orders/]'],
])('a POST that reads is a route when it names its operation: %s', (operation, name) => {
  const feature = atUrl({ route: 'POST /graphql', host: 'a.test', graphql: { operation } });
  expect(feature.routes).toEqual([
    {
      route: name.replace('[', '[host a.test, '),
      method: 'POST',
      path: '/graphql',
      when: { host: 'a.test', graphql: { operation } },
    },
  ]);
});

test('queries in this process are declared by the name of their operation, and are part of the fingerprint', () => {
  const feature = declared({ 'POST /graphql': { Orders: handler, Order: handler } });
  expect([...feature.queries.keys()]).toEqual(['POST /graphql [operation Orders]', 'POST /graphql [operation Order]']);
  expect(feature.routes.map(({ route, when }) => [route, when])).toEqual([
    ['POST /graphql [operation Orders]', { graphql: { operation: 'Orders' } }],
    ['POST /graphql [operation Order]', { graphql: { operation: 'Order' } }],
  ]);
  const other = declared({ 'POST /graphql': { Orders: () => 'another', Order: handler } });
  expect(other.fingerprint).not.toBe(feature.fingerprint);
});

const graphql = { operation: 'Orders' };
test.each([
  [['POST /orders'], /features\.0\.routes\.0: a POST may write, so it cannot be asked twice; .*graphql/],
  [[{ route: 'POST /orders', host: 'a.test' }], /features\.0\.routes\.0\.route: a POST may write/],
  [['PUT /orders'], /features\.0\.routes\.0: a method that reads and a path/],
  [[{ route: 'GET /graphql', graphql }], /features\.0\.routes\.0\.route: POST and a path/],
  [[{ route: 'POST /graphql', graphql: {} }], /features\.0\.routes\.0\.graphql\.operation: the name/],
  [[{ route: 'POST /graphql', graphql: { operation: [] } }], /graphql\.operation/],
  [[{ route: 'POST /graphql', graphql: { operation: 'a b' } }], /graphql\.operation/],
  [[{ route: 'POST /graphql', graphql: { ...graphql, kind: 'query' } }], /graphql/],
  [[{ route: 'POST /graphql', graphql, query: { operationName: 'Orders' } }], /query\.operationName: /],
  [
    [
      { route: 'POST /graphql', graphql },
      { route: 'POST /graphql', graphql },
    ],
    /declared by orders and by orders/,
  ],
])('%j is refused, and the error says why', (routes, message) => {
  expect(() => atUrl(...routes)).toThrow(message);
});

test('a query handler is refused for a POST, and for one without a read model', () => {
  expect(() => withFeature({ readModel, queries: { 'POST /graphql': handler } })).toThrow(
    /queries\.POST \/graphql: a POST may write/,
  );
  expect(() => withFeature({ operations: { 'POST /graphql': { Orders: handler } } })).toThrow(/readModel/);
  expect(() => withFeature({ readModel, operations: { 'GET /graphql': { Orders: handler } } })).toThrow(
    /POST and a path/,
  );
  expect(() => withFeature({ readModel, operations: {}, candidate: 'http://127.0.0.1:2', routes: ['GET /a'] })).toThrow(
    /either queries, operations and bodyQueries/,
  );
});

test('the bytes that are read ahead have a limit of their own', () => {
  expect(normalizeConfig({ legacy }, 'test').limits.queryBodyBytes).toBe(262_144);
  expect(normalizeConfig({ legacy, limits: { queryBodyBytes: 0 } }, 'test').limits.queryBodyBytes).toBe(0);
});
