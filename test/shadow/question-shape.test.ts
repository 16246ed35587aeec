import { expect, test } from 'vitest';
import { evidenceKey, shapeOf, ShapeBook } from '../../shadow/question-shape.ts';

test.each([
  [200, '/orders', '2xx'],
  [200, '/orders?status=open&page=2&page=3', '2xx ?page&status'],
  [404, '/orders/1?_=17000', '4xx'],
  [302, '/orders?', '3xx'],
])('%d %s has the shape %s', (status, target, shape) => {
  expect(shapeOf(status, { target, headers: [] })).toBe(shape);
});

test('made up parameters share one shape past a bound', () => {
  const book = new ShapeBook(2);
  expect(['2xx ?a', '2xx ?b', '2xx ?c', '4xx ?d', '2xx ?a'].map((shape) => book.enter('orders', shape))).toEqual([
    '2xx ?a',
    '2xx ?b',
    '2xx ?(other)',
    '4xx ?(other)',
    '2xx ?a',
  ]);
  expect(book.enter('customers', '2xx ?c')).toBe('2xx ?c');
  expect(
    shapeOf(200, { headers: [], target: `/?${Array.from({ length: 500 }, (_, i) => `p${i}=1`).join('&')}` }).length,
  ).toBeLessThan(100);
});

test('the same question on the same data is the same evidence, whatever else differs', () => {
  const digest = Buffer.from('d');
  const ask = (target: string, method = 'GET'): string =>
    Buffer.from(evidenceKey({ method, target, headers: [] }, digest, 'match')).toString('hex');
  expect(ask('/a?x=1&_=1')).toBe(ask('/a?x=1&_=2'));
  expect(new Set([ask('/a'), ask('/a?x=1'), ask('/a?x=2'), ask('/b')]).size).toBe(4);
  const other = evidenceKey({ method: 'GET', target: '/a', headers: [] }, digest, 'mismatch');
  expect(Buffer.from(other).toString('hex')).not.toBe(ask('/a'));
});

test('what advertisements and caches are told apart by makes no new evidence, and no other shape', () => {
  const digest = Buffer.from('d');
  const ask = (target: string): string =>
    Buffer.from(evidenceKey({ method: 'GET', target, headers: [] }, digest, 'match')).toString('hex');
  const noises = ['gclid=a', 'fbclid=b', 'UTM_source=mail&utm_id=4', 'nocache=1', 'ts=1764150000', 't=1764150000123'];
  expect(new Set(['/a?page=2', ...noises.map((noise) => `/a?${noise}&page=2`)].map(ask)).size).toBe(1);
  expect(new Set(['/a?t=overview', '/a?t=details', '/a?ts=12', '/a'].map(ask)).size).toBe(4);
  expect(shapeOf(200, { target: '/a?gclid=x&utm_source=y&page=1&t=1', headers: [] })).toBe('2xx ?page&t');
});

const queryWith = (variables: unknown, operation = 'Orders') => ({
  operation,
  body: Buffer.from(JSON.stringify({ query: `query ${operation} { a }`, variables })),
});

test.each([
  ['names', { first: 2, after: null }, '2xx ?$after&$first'],
  ['none', {}, '2xx'],
  ['null', null, '2xx'],
  ['a text', 'first', '2xx'],
])('the variables of a GraphQL query are parameters of its shape: %s', (_, variables, shape) => {
  expect(shapeOf(200, { target: '/graphql', headers: [], query: queryWith(variables) })).toBe(shape);
});

const keyOf = (graphql?: ReturnType<typeof queryWith>): string => {
  const question = { method: 'POST', target: '/graphql', headers: [], query: graphql };
  return Buffer.from(evidenceKey(question, Buffer.from('d'), 'match')).toString('hex');
};

test('two bodies to one target are two questions, and the same body is the same one', () => {
  expect(keyOf(queryWith({ id: 1 }))).toBe(keyOf(queryWith({ id: 1 })));
  expect(new Set([keyOf(queryWith({ id: 1 })), keyOf(queryWith({ id: 2 })), keyOf()]).size).toBe(3);
});

test.each([
  [
    'JSON',
    'application/json; charset=utf-8',
    '{"status":"open","filter":{"from":1,"to":{"day":2,"at":{"h":1}}}}',
    '2xx ?filter&filter.from&filter.to&filter.to.at&filter.to.day&page&status',
  ],
  ['a form', 'application/x-www-form-urlencoded', 'status=open&status=paid&q=ann%40shop.example', '2xx ?page&q&status'],
  ['JSON that is none', 'application/json', '{"status"', '2xx ?page'],
  ['a list', 'application/json', '[{"a":1}]', '2xx ?page'],
  ['a text', 'text/plain', 'status=open', '2xx ?page'],
])('the fields of a query in a body are parameters of its shape: %s', (_, type, body, shape) => {
  const query = { operation: undefined, body: Buffer.from(body) };
  expect(shapeOf(200, { target: '/search?page=1', headers: ['Content-Type', type], query })).toBe(shape);
});
