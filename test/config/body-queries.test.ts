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
const featureOf = (feature: object) =>
  normalizeConfig({ legacy, features: [{ name: 'orders', ...feature }] }, 'test').features[0]!;
const atUrl = (...routes: unknown[]) => featureOf({ candidate: 'http://127.0.0.1:2', routes });
const handler = (): string => 'answer';

test('a POST is a route when the config says that it reads', () => {
  expect(atUrl({ route: 'POST /api/search', reads: true }).routes).toEqual([
    { route: 'POST /api/search', method: 'POST', path: '/api/search', isQuery: true },
  ]);
  expect(atUrl({ route: 'POST /api/search', reads: true, host: 'a.test' }).routes).toEqual([
    {
      route: 'POST /api/search [host a.test]',
      method: 'POST',
      path: '/api/search',
      isQuery: true,
      when: { host: 'a.test' },
    },
  ]);
});

test('queries in a body that are answered in this process have a place of their own, and change the fingerprint', () => {
  const feature = featureOf({ readModel, bodyQueries: { 'POST /api/search': handler } });
  expect(feature.routes).toEqual([{ route: 'POST /api/search', method: 'POST', path: '/api/search', isQuery: true }]);
  expect(feature.queries.get('POST /api/search')).toBe(handler);
  const other = featureOf({ readModel, bodyQueries: { 'POST /api/search': () => 'another' } });
  expect(other.fingerprint).not.toBe(feature.fingerprint);
});

test.each([
  [{ route: 'POST /search', reads: false }, /reads/],
  [{ route: 'GET /search', reads: true }, /route: POST and a path/],
  [{ route: 'PUT /search', reads: true }, /route: POST and a path/],
  [{ route: 'POST /search', reads: true, graphql: { operation: 'Orders' } }, /reads/],
  ['POST /search', /reads: true \(or in bodyQueries\)/],
])('%j is refused, and the error says why', (route, message) => {
  expect(() => atUrl(route)).toThrow(message);
});

test('a handler of a query in a body is refused for another method, and without a read model', () => {
  expect(() => featureOf({ readModel, bodyQueries: { 'GET /api/search': handler } })).toThrow(/POST and a path/);
  expect(() => featureOf({ bodyQueries: { 'POST /api/search': handler } })).toThrow(/readModel/);
});
