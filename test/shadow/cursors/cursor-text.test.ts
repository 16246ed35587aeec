import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { replaceParameter, tokenIn } from '../../../shadow/cursors/cursor-text.ts';

test.each([
  ['abc==', 'cursor', { token: 'abc==', masked: '(cursor)' }],
  ['/api/orders?cursor=a%20b&page=2', 'cursor', { token: 'a b', masked: '/api/orders?cursor=(cursor)&page=2' }],
  [
    'https://shop.example/o?page=2&cursor=x#top',
    'cursor',
    { token: 'x', masked: 'https://shop.example/o?page=2&cursor=(cursor)#top' },
  ],
  ['/api/orders?page=2', 'cursor', undefined],
  ['what? it is a token', 'cursor', { token: 'what? it is a token', masked: '(cursor)' }],
  ['', 'cursor', undefined],
])('in %j the token for %s is found', (text, parameter, found) => {
  const token = tokenIn(text, parameter);
  expect(token && { ...token, masked: decodeURIComponent(token.masked) }).toEqual(found);
});

test('a target is only changed where its token is', () => {
  const parts = fc.record({
    before: fc.webQueryParameters(),
    after: fc.webQueryParameters(),
    token: fc.string({ minLength: 1 }),
  });
  fc.assert(
    fc.property(parts, ({ before, after, token }) => {
      fc.pre(!/(^|&)c=/.test(before) && !/(^|&)c=/.test(after));
      const target = `/a?${before}&c=${encodeURIComponent(token)}&${after}`;
      const swapped = replaceParameter(target, 'c', () => 'other/token');
      expect(swapped).toEqual({ token, target: `/a?${before}&c=other%2Ftoken&${after}` });
      expect(replaceParameter(target, 'c', (same) => same).target).toBe(target);
      expect(replaceParameter(target, 'c', () => undefined).target).toBe(`/a?${before}&${after}`);
    }),
  );
});
