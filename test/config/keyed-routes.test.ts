import { expect, test } from 'vitest';
import { defineReadModel } from '../../src/config/read-model-definition.ts';
import { normalizeConfig } from '../../src/config/normalize-config.ts';

const readModel = defineReadModel({
  name: 'order_summary',
  version: 1,
  key: 'order_id',
  table: () => undefined,
  sources: { orders: { key: 'id', dirty: () => [] } },
  build: async () => [],
});
const handler = (): object => ({});

function featureOf(more: object) {
  const queries = { 'GET /orders': handler, 'GET /orders/:id': handler, 'GET /customers/:id/orders': handler };
  const feature = { name: 'orders', readModel, queries, ...more };
  const config = normalizeConfig({ legacy: { url: 'http://127.0.0.1:1' }, features: [feature] }, 'fig.config.ts');
  return config.features[0]!;
}

test('no route is about one key unless it is said: a single parameter may be the key of something else', () => {
  expect(featureOf({}).routes.map(({ key }) => key)).toEqual([undefined, undefined, undefined]);
  expect(featureOf({}).maxDeadLetters).toBe(100);
});

test('keyedBy names the parameter, for routes with conditions too', () => {
  expect(featureOf({ keyedBy: { 'GET /orders/:id': 'id' } }).routes.map(({ key }) => key)).toEqual([
    undefined,
    'id',
    undefined,
  ]);
  const elsewhere = featureOf({
    queries: undefined,
    candidate: 'http://127.0.0.1:2',
    routes: [{ route: 'GET /orders/:id', host: 'a.example' }, 'GET /orders'],
    keyedBy: { 'GET /orders/:id': 'id' },
    deadLetters: { max: 5 },
  });
  expect(elsewhere.routes[0]).toMatchObject({ route: 'GET /orders/:id [host a.example]', key: 'id' });
  expect(elsewhere.maxDeadLetters).toBe(5);
});

test('neither keyedBy nor the cap is part of what evidence was gathered about', () => {
  expect(featureOf({ keyedBy: { 'GET /orders/:id': 'id' }, deadLetters: { max: 5 } }).fingerprint).toBe(
    featureOf({}).fingerprint,
  );
});

test.each([
  [{ 'GET /invoices/:id': 'id' }, /keyedBy\.GET \/invoices\/:id: a route of this feature/],
  [{ 'GET /orders/:id': 'order' }, /a parameter that is a whole segment of the route, as in \/orders\/:order/],
  [{ 'GET /orders/:id': '' }, /keyedBy/],
])('%j is refused', (keyedBy, message) => {
  expect(() => featureOf({ keyedBy })).toThrow(message);
});
