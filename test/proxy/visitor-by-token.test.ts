import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide } from '../../proxy/decide.ts';
import { claimOf } from '../../proxy/jwt-claim.ts';
import { laterVisitors, visitorOf, type VisitorRules } from '../../proxy/visitor.ts';

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = (payload: unknown, signature = 'c2ln'): string =>
  `${part({ alg: 'HS256' })}.${part(payload)}.${signature}`;
const rules: VisitorRules = {
  cookie: 'sid',
  header: undefined,
  jwt: { header: 'authorization', cookie: 'token', claim: 'sub' },
};
const who = (...headers: string[]): string => visitorOf(rules, headers, '10.0.0.1');

test('one claim is one visitor, wherever the token is and however often it is renewed', () => {
  const ann = who('Authorization', `Bearer ${token({ sub: 'ann', exp: 1 })}`);
  expect(who('authorization', `bearer ${token({ sub: 'ann', exp: 2 }, 'b3RoZXI')}`)).toBe(ann);
  expect(who('Cookie', `a=b; token=${token({ sub: 'ann' })}; sid=7`)).toBe(ann);
  expect(who('Authorization', `Bearer ${token({ sub: 'bob' })}`)).not.toBe(ann);
  expect(ann).not.toContain('ann');
});

test.each([
  ['no token', 'Bearer x'],
  ['an opaque one', 'Bearer 8f1c.aa'],
  ['a payload that is no JSON', `Bearer ${part({})}.bm9wZQ.c2ln`],
  ['a payload that is null', `Bearer ${token(null)}`],
  ['no such claim', `Bearer ${token({ name: 'ann' })}`],
  ['a claim that is inherited', `Bearer ${token({ __proto__: { sub: 'ann' } })}`],
  ['an empty claim', `Bearer ${token({ sub: '' })}`],
  ['a claim that is no text', `Bearer ${token({ sub: { a: 1 } })}`],
  ['a claim without end', `Bearer ${token({ sub: 'x'.repeat(2_000) })}`],
  ['a token without end', `Bearer ${token({ sub: 'ann', rest: 'x'.repeat(20_000) })}`],
  ['an encrypted one', 'Bearer a.b.c.d.e'],
])('%s falls back to the cookie, and then to what the visitor sent', (_, authorization) => {
  const bySession = visitorOf({ cookie: 'sid', header: undefined }, ['Cookie', 'sid=7'], '10.0.0.1');
  expect(who('Authorization', authorization, 'Cookie', 'sid=7')).toBe(bySession);
  const plain = visitorOf({ cookie: undefined, header: undefined }, ['Authorization', authorization], '10.0.0.1');
  expect(who('Authorization', authorization)).toBe(plain);
});

test('nothing that a client sends makes it throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json().map((text) => `a.${Buffer.from(text).toString('base64url')}.b`),
      ),
      (text) => {
        const claim = claimOf(text, 'sub');
        expect(claim === undefined || claim.length > 0).toBe(true);
        expect(who('Authorization', text, 'Cookie', `token=${text}`)).toMatch(/^[\w-]{43}$/);
      },
    ),
  );
});

test('a login by a token in a cookie is known under the name it comes back with', () => {
  const headers = ['Cookie', 'sid=7'];
  const later = laterVisitors(rules, headers, '10.0.0.1', ['Set-Cookie', `token=${token({ sub: 'ann' })}; Path=/`]);
  expect(later).toContain(who('Cookie', `token=${token({ sub: 'ann' })}`));
  const out = laterVisitors(rules, ['Cookie', `token=${token({ sub: 'ann' })}; sid=7`], '10.0.0.1', [
    'Set-Cookie',
    'token=; Max-Age=0',
  ]);
  expect(out).toContain(who('Cookie', 'sid=7'));
});

test('a visitor with a token stays on one side, and a larger share only adds visitors', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 50 }), fc.nat(1_000), fc.nat(1_000), (sub, a, b) => {
      const side = (tenths: number): string =>
        decide({
          method: 'GET',
          match: { feature: 'orders' },
          hasBody: false,
          routing: {
            revision: 1,
            features: new Map([['orders', { feature: 'orders', reads: { phase: 'canary', percent: tenths / 10 } }]]),
          },
          visitor: who('Authorization', `Bearer ${token({ sub, iat: tenths })}`),
          isBreakerOpen: () => false,
        }).serve;
      expect([side(Math.min(a, b)), side(Math.max(a, b))]).not.toEqual(['candidate', 'legacy']);
    }),
  );
});
