import { expect, test } from 'vitest';
import { laterVisitors, namedVisitorOf, visitorOf } from '../../proxy/visitor.ts';

const rules = { cookie: 'session', header: 'X-User' };
const headers = ['Cookie', 'a=1; session=s%201', 'X-User', 'u1', 'Authorization', 'Bearer t', 'User-Agent', 'curl'];

const visitor = (raw: string[], address = '10.0.0.1', by: Parameters<typeof visitorOf>[0] = rules): string =>
  visitorOf(by, raw, address);

test('the cookie counts first, then the header, then Authorization, then address and user agent', () => {
  expect(visitor(headers)).toBe(visitor(['cookie', 'session=s%201'], '10.9.9.9'));
  expect(visitor(headers.slice(2))).toBe(visitor(['x-user', 'u1'], '10.9.9.9'));
  expect(visitor(headers.slice(4))).toBe(visitor(['authorization', 'Bearer t'], '10.9.9.9'));
  expect(visitor(headers.slice(6))).not.toBe(visitor(headers.slice(6), '10.9.9.9'));
  expect(visitor(headers.slice(6))).not.toBe(visitor([]));
  expect(visitor(['Cookie', 'session=', 'X-User', 'u1'])).toBe(visitor(['X-User', 'u1']));
  expect(visitor(headers, '10.0.0.1', { cookie: undefined, header: undefined })).toBe(visitor(headers.slice(4)));
});

test('the same text in two places is two visitors, and none of it can be read back', () => {
  expect(visitor(['Cookie', 'session=x'])).not.toBe(visitor(['X-User', 'x']));
  expect(visitor(['Cookie', 'session=x'])).toMatch(/^[\w-]{43}$/);
});

test('a session that an answer sets or takes away is a name the visitor may come back under', () => {
  const later = (...lines: string[]): string[] =>
    laterVisitors(
      rules,
      headers,
      '10.0.0.1',
      lines.flatMap((line) => ['Set-Cookie', line]),
    );
  expect(later('session=new; Path=/; Max-Age=60')).toContain(visitor(['Cookie', 'session=new']));
  expect(later('session=; Max-Age=0')).toEqual([visitor(headers.slice(2))]);
  expect(later('other=1')).toEqual([]);
  expect(later('session=a', 'session=b')).toEqual(
    expect.arrayContaining([visitor(['Cookie', 'session=a']), visitor(['Cookie', 'session=b'])]),
  );
  expect(laterVisitors({ cookie: undefined, header: undefined }, headers, 'x', ['Set-Cookie', 'session=n'])).toEqual(
    [],
  );
});

test('a visitor has a name by token, cookie or header, and by an address has none', () => {
  expect(namedVisitorOf(rules, headers)).toBe(visitor(headers));
  expect(namedVisitorOf(rules, headers.slice(4))).toBe(visitor(headers.slice(4)));
  expect(namedVisitorOf(rules, headers.slice(6))).toBeUndefined();
});
