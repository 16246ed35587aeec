import { expect, test } from 'vitest';
import { RouteTable, pathOf } from '../../proxy/route-table.ts';

const route = (text: string) => {
  const [method = '', path = ''] = text.split(' ');
  return { route: text, method, path };
};

const table = new RouteTable([
  { name: 'orders', routes: ['GET /orders', 'GET /orders/:id'].map(route), candidateTimeoutMs: 5 },
  { name: 'files', routes: ['GET /files/*', 'HEAD /files/*'].map(route), candidateTimeoutMs: 7 },
]);

test('a match names feature, route and decoded parameters', () => {
  expect(table.match('GET', '/orders/a%20b%C3%A4?x=/1')).toEqual({
    feature: 'orders',
    route: 'GET /orders/:id',
    params: { id: 'a bä' },
    candidateTimeoutMs: 5,
  });
  expect(table.match('GET', '/orders?page=2')).toMatchObject({ route: 'GET /orders', params: {} });
  expect(table.match('HEAD', '/files/a/b')).toMatchObject({ feature: 'files', params: { '*': 'a/b' } });
});

test.each([
  ['HEAD', '/orders/1'],
  ['POST', '/orders'],
  ['PROPFIND', '/orders'],
  ['GET', '/orders/'],
  ['GET', '/Orders'],
  ['GET', '/other'],
  ['GET', '/orders/1/2'],
  ['GET', 'http://host/orders/1'],
  ['GET', '*'],
])('%s %s is no route', (method, target) => {
  expect(table.match(method, target)).toBeUndefined();
});

test.each([
  '/orders/a%2Fb',
  '/orders/a%2fb',
  '/orders/a%5Cb',
  '/orders/a\\b',
  '/orders/a%00',
  '/orders/a%3Fb',
  '/orders/a%23b',
  '/orders/a;b=1',
  '/orders/a%3bb',
  '/orders/a#b',
  '/orders//1',
  '//orders/1',
  '/orders/..',
  '/orders/.',
  '/orders/%2e%2E',
  '/orders/.%2e',
  '/x/../orders/1',
  '/files/./a',
  '/files/a//b',
  '/files/../orders/1',
  '/orders/%E4',
  '/orders/%zz',
  '/orders/caf\xe9',
  '/orders/%',
  `/orders/${'x'.repeat(2_000)}`,
])('%s belongs to no route, because two readers may understand it differently', (target) => {
  expect(table.match('GET', target)).toBeUndefined();
});

test('dots that are no dot segments are ordinary', () => {
  expect(table.match('GET', '/orders/..1')?.params).toEqual({ id: '..1' });
  expect(table.match('GET', '/orders/...')?.params).toEqual({ id: '...' });
});

test('the path of a target is all before the query', () => {
  expect(pathOf('/a?b?c')).toBe('/a');
  expect(pathOf('/a')).toBe('/a');
});
