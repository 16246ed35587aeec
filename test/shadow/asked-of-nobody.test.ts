import { expect, test } from 'vitest';
import { LegacyAsker } from '../../shadow/ask-legacy.ts';
import type { CandidateQuestion } from '../../src/kernel/candidate.ts';
import type { Exchange } from '../../src/kernel/exchange.ts';
import { comparerBetween } from './comparer-between.ts';
import { exchangeOf, jsonBody } from './exchanges.ts';
import { startTestLegacy } from './test-legacy.ts';

/** What a difference, of which legacy would be asked again, comes to, and who was asked. */
async function compared(
  headers: readonly string[],
  more: { readonly target?: string; readonly answered?: readonly string[]; readonly exchange?: Partial<Exchange> } = {},
): Promise<{ readonly verdict: string; readonly reason: string; readonly asked: number }> {
  await using legacy = await startTestLegacy();
  await using asker = new LegacyAsker({ url: legacy.url });
  const questions: CandidateQuestion[] = [];
  const { comparer } = comparerBetween(
    {
      ask: async (question) => {
        questions.push(question);
        const answer = { status: 200, headers: ['content-type', 'application/json'], body: jsonBody('other') };
        return { ok: true, answer, tookMs: 1 };
      },
    },
    asker,
  );
  const target = more.target ?? '/orders/1';
  const exchange = exchangeOf(target, { question: { method: 'GET', target, headers: [...headers] }, ...more.exchange });
  const answer = { ...exchange.answer, headers: [...exchange.answer.headers, ...(more.answered ?? [])] };
  const { verdict, reason } = await comparer.compare({ ...exchange, answer });
  comparer.close();
  return { verdict, reason, asked: questions.length + legacy.asked.length };
}

test.each([
  ['X-HTTP-Method-Override', 'DELETE'],
  ['x-http-method', 'put'],
  ['X_METHOD_OVERRIDE', 'PATCH'],
])('a GET that names another method in %s is asked of nobody', async (name, method) => {
  expect(await compared([name, method])).toEqual({ verdict: 'skipped', reason: 'method', asked: 0 });
});

test.each(['_method=delete', 'q=1;_method=delete', '.method=delete', '_method[]=delete', '_METHOD=delete'])(
  'a GET that names another method in its target is asked of nobody: %s',
  async (named) => {
    expect(await compared([], { target: `/orders/1?${named}` })).toMatchObject({ reason: 'method', asked: 0 });
  },
);

test.each([
  ['a form', 'application/x-www-form-urlencoded', '_method=delete&q=1'],
  ['a form with semicolons', 'application/x-www-form-urlencoded', 'q=1;_method=delete'],
  ['JSON', 'application/json', '{"_method":"DELETE"}'],
  [
    'parts',
    'multipart/form-data; boundary=b',
    '--b\r\nContent-Disposition: form-data; name="_method"\r\n\r\nDELETE\r\n--b--',
  ],
])('a query that names another method in %s is asked of nobody', async (_, type, body) => {
  const query = { operation: undefined, body: Buffer.from(body) };
  const question = { method: 'POST', target: '/search', headers: ['Content-Type', type], query };
  expect(await compared([], { exchange: { question } })).toMatchObject({ reason: 'method', asked: 0 });
});

test('a GET that names its own method is compared', async () => {
  expect(await compared(['X-HTTP-Method-Override', 'get'], { target: '/orders/1?_method=GET' })).toMatchObject({
    verdict: 'mismatch',
  });
});

test.each([
  ['DPoP', 'eyJ0eXAiOiJkcG9wK2p3dCJ9.e30.c2ln'],
  ['Authorization', 'Digest username="ada", nc=00000002, nonce="x"'],
  ['X-Shop-OTP', '123456'],
])('a question that proves who asks by what is good for one use is asked of nobody: %s', async (name, value) => {
  expect(await compared([name, value])).toEqual({ verdict: 'skipped', reason: 'one-time-token', asked: 0 });
});

test('a query whose body has a one-time password is asked of nobody', async () => {
  const query = { operation: undefined, body: jsonBody({ filter: { otp: '123456' } }) };
  const headers = ['Content-Type', 'application/json'];
  const question = { method: 'POST', target: '/search', headers, query };
  expect(await compared([], { exchange: { question } })).toMatchObject({ reason: 'one-time-token', asked: 0 });
});

test.each([
  ['another', 'remember-me=c2VyaWVzOm5leHQ; Path=/; HttpOnly'],
  ['none', 'remember-me=; Max-Age=0'],
])('a cookie that signs in once, in whose place the answer gave %s, is shown to nobody again', async (_, line) => {
  const answered = ['Set-Cookie', 'theme=dark', 'Set-Cookie', line];
  expect(await compared(['Cookie', 'theme=dark; remember-me=c2VyaWVzOmZpcnN0'], { answered })).toEqual({
    verdict: 'skipped',
    reason: 'one-time-token',
    asked: 0,
  });
});

/** A whole session, as Rails and Laravel write it. */
function sealed(n: number): string {
  return `${String(n).repeat(90)}%3D%3D--${String(n).repeat(24)}`;
}

test('the id of a session that was changed by the answer is shown to nobody again', async () => {
  const answered = ['Set-Cookie', 'PHPSESSID=q7r8s9t0u1v2w3x4y5z6a7b8c9; path=/'];
  expect(await compared(['Cookie', 'PHPSESSID=a1b2c3d4e5f6g7h8i9j0k1l2m3'], { answered })).toEqual({
    verdict: 'skipped',
    reason: 'one-time-token',
    asked: 0,
  });
});

test('sessions that are written anew with every answer, and what stays the same, do not keep answers from being compared', async () => {
  const cookie = [
    'Cookie',
    `_app_session=${sealed(1)}; PHPSESSID=a1b2c3d4e5f6g7h8i9; remember_token=42; __Host-lang=de`,
  ];
  const answered = [`_app_session=${sealed(2)}`, 'PHPSESSID=a1b2c3d4e5f6g7h8i9', 'remember_token=42'].flatMap(
    (line) => ['Set-Cookie', `${line}; Path=/`],
  );
  expect(await compared(cookie, { answered })).toMatchObject({ verdict: 'mismatch' });
});
