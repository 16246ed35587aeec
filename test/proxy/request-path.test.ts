import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { pathOf, readPath, strictFault } from '../../proxy/request-path.ts';

/** Pieces out of which nearly every disguise of a path can be put together. */
const piece = fc.oneof(
  fc.constantFrom('/', '//', '.', '..', '/./', '/../', ';', ';v=1', '\\', '%', '%2', '25', '2f', '%2F', '%2f', '%5C'),
  fc.constantFrom('%2e', '%252e', '%25', '%00', '%0a', '%3f', '%23', '%3b', '%41', '%E4', '%C3%A4', '%c3%a4', '#'),
  fc.constantFrom('orders', 'a', '1', '@', '%40', ',', '%2C', '~', '%7E', '%20', '|', '\xe4', 'http://host', '%zz'),
);
const target = fc.oneof(
  fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`),
  fc.string({ unit: 'binary-ascii', maxLength: 40 }).map((text) => `/${text}`),
);

test('the normal form of a normal form is itself', () => {
  fc.assert(
    fc.property(target, (text) => {
      const { normal } = readPath(text);
      expect(readPath(normal).normal).toBe(normal);
    }),
    { numRuns: 3_000 },
  );
});

test('the quick reading of ordinary paths says what the slow one says', () => {
  fc.assert(
    fc.property(target, (text) => {
      const reading = readPath(text);
      // A backslash in the query changes nothing about the path, and nothing here may depend on the query.
      expect(readPath(`${pathOf(text)}?\\#%2F/../x`)).toEqual(reading);
      expect(reading.path).toBe(pathOf(text));
    }),
    { numRuns: 3_000 },
  );
});

test('what is clear has no detour, no disguised separator and no control character, and strict lets it through', () => {
  fc.assert(
    fc.property(target, (text) => {
      const { path, normal, isClear } = readPath(text);
      if (!isClear) return;
      expect(path).toMatch(/^\//);
      expect(decodeURIComponent(path)).toBe(decodeURIComponent(normal));
      expect(path).not.toMatch(/%2f|%5c|%3b|%3f|%23|%00|%0a|[\\;#]|\/\/|\/\.\.?(?:\/|$)/i);
      expect(strictFault(text)).toBeUndefined();
    }),
    { numRuns: 3_000 },
  );
});

const count = (path: string): number => path.split(/[/\\]/).length;

test('however often a strict path is decoded, it has the same segments', () => {
  fc.assert(
    fc.property(target, (text) => {
      if (strictFault(text) !== undefined) return;
      const before = pathOf(text).replace(/^[a-z]+:\/\/[^/]*/, '');
      let path = before;
      for (let i = 0; i < 4; i += 1) {
        path = path.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
        expect(count(path)).toBe(count(before));
        expect(path.split('/').some((segment) => /^\.\.?(?:;|$)/.test(segment))).toBe(false);
      }
    }),
    { numRuns: 3_000 },
  );
});

test.each([
  ['/orders/%31', '/orders/1'],
  ['/%6Frders/1', '/orders/1'],
  ['/orders//1', '/orders/1'],
  ['//orders/1', '/orders/1'],
  ['/x/../orders/1', '/orders/1'],
  ['/x/%2e%2E/orders/1', '/orders/1'],
  ['/x/..;/orders/1', '/orders/1'],
  ['/x/%2e%2e%3bv=1/orders/1', '/orders/1'],
  ['/x/%252e%252e/orders/1', '/orders/1'],
  ['/%25252525252e%2e/orders/1', '/orders/1'],
  ['/%2%35%32%66orders', '/orders'],
  ['/orders%2F1', '/orders/1'],
  ['/orders%5c1', '/orders/1'],
  ['\\orders\\1', '/orders/1'],
  ['/orders;jsessionid=1/1', '/orders/1'],
  ['/orders/1%3Fa=b', '/orders/1'],
  ['/orders/1#top', '/orders/1'],
  ['HTTP://Host:80/orders/1', '/orders/1'],
  ['http://host', '/'],
  ['/orders/%c3%a4', '/orders/%C3%A4'],
  ['/orders/caf\xe9', '/orders/caf%E9'],
  ['/orders/a|b', '/orders/a%7Cb'],
  ['/orders/100%', '/orders/100%25'],
])('%s is not spelled the way all read it, but amounts to %s', (text, normal) => {
  expect(readPath(text)).toEqual({ path: text, normal, isClear: false });
});

test.each([
  '/',
  '/orders/',
  '/a.b/.well-known/c..d',
  "/a-b_c~d!e$f&g'(h)*+,=:@",
  '/a%20b%C3%A4',
  '/a%40b%2C',
  '/100%25',
])('%s is read alike by all', (text) => {
  expect(readPath(text)).toMatchObject({ path: text, isClear: true });
});

test.each(['/%E4%F6', '/orders/a%00', '/orders/a%0Ab', '*', ''])('%j is nobody’s normal path', (text) => {
  expect(readPath(text).isClear).toBe(false);
});

test.each([
  ['/a%2Fb', 'an encoded slash'],
  ['/a%252fb', 'an encoded slash'],
  ['/a%5cb', 'a backslash'],
  ['/a\\b', 'a backslash'],
  ['/a%255cb', 'a backslash'],
  ['/a%00', 'a control character'],
  ['/a%2500', 'a control character'],
  ['/a%0d%0ab', 'a control character'],
  ['/a%7f', 'a control character'],
  ['/a/../b', 'a dot segment'],
  ['/a/.', 'a dot segment'],
  ['/a/%2e%2e/b', 'a dot segment'],
  ['/a/.%252e/b', 'a dot segment'],
  ['/a/..;/b', 'a dot segment'],
  ['/a/..%3bx=1/b', 'a dot segment'],
  ['/a%3fb', 'an encoded ? or #'],
  ['/a%23b', 'an encoded ? or #'],
  ['/a%253Fb', 'an encoded ? or #'],
  ['/a#b', 'a fragment'],
  ['http://host/a/../b', 'a dot segment'],
])('strict refuses %s: the path holds %s', (text, fault) => {
  expect(strictFault(text)).toBe(`the path holds ${fault}`);
});

test('strict refuses escapes in the host of an absolute target', () => {
  expect(strictFault('http://host%5C')).toBe('the host holds an escape');
  expect(strictFault('http://host%2Fa/b')).toBe('the host holds an escape');
});

test.each(['/%E4%F6', '/a//b', '/a/', '/a;v=1/b', '/%61', '/a%zz', '/a?x=../%2F', 'http://host/a', '/...', '/a%2525'])(
  'strict lets %s through',
  (text) => {
    expect(strictFault(text)).toBeUndefined();
  },
);

test('a path of nothing but nested escapes is read in one pass', () => {
  const nested = `/%${'25'.repeat(30_000)}41`;
  expect(readPath(nested).normal).toBe('/A');
});

test('the path of a target is all before the query', () => {
  expect(pathOf('/a?b?c')).toBe('/a');
  expect(pathOf('/a')).toBe('/a');
});
