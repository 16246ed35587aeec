import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { RouteTable } from '../../proxy/route-table.ts';

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
    isAmbiguous: false,
  });
  expect(table.match('GET', '/orders?page=2')).toMatchObject({ route: 'GET /orders', params: {} });
  expect(table.match('HEAD', '/files/a/b')).toMatchObject({ feature: 'files', params: { '*': 'a/b' } });
});

test.each([
  ['HEAD', '/orders/1'],
  ['POST', '/orders'],
  ['PROPFIND', '/orders'],
  ['GET', '/Orders'],
  ['GET', '/other'],
  ['GET', '/orders/1/2'],
  ['GET', '*'],
])('%s %s is no route', (method, target) => {
  expect(table.match(method, target)).toBeUndefined();
});

test.each([
  ['/orders/', 'GET /orders'],
  ['/orders/1/', 'GET /orders/:id'],
  ['/orders/a%2Fb', 'GET /orders/:id'],
  ['/orders%2F1', 'GET /orders/:id'],
  ['/orders/a%5Cb', 'GET /orders/:id'],
  ['/orders\\1', 'GET /orders/:id'],
  ['/orders/a%00', 'GET /orders/:id'],
  ['/orders/a%3Fb', 'GET /orders/:id'],
  ['/orders%3Fb', 'GET /orders'],
  ['/orders/a%23b', 'GET /orders/:id'],
  ['/orders/a;b=1', 'GET /orders/:id'],
  ['/orders;b=1', 'GET /orders'],
  ['/orders/a%3bb', 'GET /orders/:id'],
  ['/orders/a#b', 'GET /orders/:id'],
  ['/orders//1', 'GET /orders/:id'],
  ['//orders/1', 'GET /orders/:id'],
  ['/orders/.', 'GET /orders'],
  ['/orders/..', 'GET /orders/:id'],
  ['/files/..%2f..', 'GET /files/*'],
  ['/orders/1/%2e%2E', 'GET /orders'],
  ['/orders/.%2e/orders', 'GET /orders'],
  ['/x/../orders/1', 'GET /orders/:id'],
  ['/x/..;/orders/1', 'GET /orders/:id'],
  ['/x/%252e%252e/orders/1', 'GET /orders/:id'],
  ['/%6frders/1', 'GET /orders/:id'],
  ['/orders/%31', 'GET /orders/:id'],
  ['/orders/%c3%a4', 'GET /orders/:id'],
  ['/files/./a', 'GET /files/*'],
  ['/files/a//b', 'GET /files/*'],
  ['/files/../orders/1', 'GET /orders/:id'],
  ['/orders/%zz', 'GET /orders/:id'],
  ['/orders/caf\xe9', 'GET /orders/:id'],
  ['/orders/%', 'GET /orders/:id'],
  ['http://host/orders/1', 'GET /orders/:id'],
  ['HTTP://HOST/orders/1?x=1', 'GET /orders/:id'],
])('%s may be read as %s and is marked as ambiguous', (target, expected) => {
  expect(table.match('GET', target)).toMatchObject({ route: expected, isAmbiguous: true });
});

test.each(['/orders/%E4', `/orders/${'x'.repeat(2_000)}`])('%s has no parameter that could be told', (target) => {
  expect(table.match('GET', target)).toBeUndefined();
});

test('an escaped delimiter is data, unless it turns the path into another route', () => {
  const users = new RouteTable([
    { name: 'users', routes: ['GET /users/:id', 'GET /users/@me'].map(route), candidateTimeoutMs: 5 },
  ]);
  expect(users.match('GET', '/users/a%40b.de')).toMatchObject({ params: { id: 'a@b.de' }, isAmbiguous: false });
  expect(users.match('GET', '/users/@me')).toMatchObject({ route: 'GET /users/@me', isAmbiguous: false });
  expect(users.match('GET', '/users/%40me')).toMatchObject({ isAmbiguous: true });
});

test('a route that ends in a slash is not the one without', () => {
  const folders = new RouteTable([{ name: 'a', routes: ['GET /a/', 'GET /b'].map(route), candidateTimeoutMs: 5 }]);
  expect(folders.match('GET', '/a/')).toMatchObject({ isAmbiguous: false });
  expect(folders.match('GET', '/a')).toMatchObject({ route: 'GET /a/', isAmbiguous: true });
  expect(folders.match('GET', '/b')).toMatchObject({ isAmbiguous: false });
});

test('whatever stands in a path, a match that is not marked is of the very path that is forwarded', () => {
  const piece = fc.constantFrom(
    '/',
    'orders',
    'files',
    '..',
    '.',
    ';',
    '\\',
    '%2f',
    '%2e',
    '%',
    '41',
    'x',
    '%40',
    '//',
    '%00',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const target = `/${pieces.join('')}`;
      const match = table.match('GET', target);
      if (match === undefined || match.isAmbiguous) return;
      const written = Object.entries(match.params).reduce(
        (path, [name, value]) => path.replace(name === '*' ? '*' : `:${name}`, () => value),
        match.route.slice('GET '.length),
      );
      expect(written).toBe(decodeURIComponent(target));
      expect(written.split('/').filter((segment) => segment === '..' || segment === '.')).toEqual([]);
    }),
    { numRuns: 3_000 },
  );
});

test('dots that are no dot segments are ordinary', () => {
  expect(table.match('GET', '/orders/..1')?.params).toEqual({ id: '..1' });
  expect(table.match('GET', '/orders/...')?.params).toEqual({ id: '...' });
});
