import { expect, test } from 'vitest';
import { AnswerComparer } from '../../shadow/compare-answers.ts';
import { LegacyAsker } from '../../shadow/ask-legacy.ts';
import type { HttpAnswer } from '../../src/kernel/exchange.ts';
import { noCompareRules, testRedactor } from './arbitraries.ts';
import { comparerBetween } from './comparer-between.ts';
import { exchangeOf } from './exchanges.ts';
import { startTestLegacy } from './test-legacy.ts';

function redirect(location: string): HttpAnswer {
  return { status: 302, headers: ['Location', location], body: Buffer.alloc(0) };
}

const page: HttpAnswer = {
  status: 200,
  headers: ['content-type', 'text/html'],
  body: Buffer.from('<p>Your orders</p>'),
};

function isCritical(legacy: HttpAnswer, candidate: HttpAnswer): boolean {
  const compared = new AnswerComparer(noCompareRules, testRedactor).compare(legacy, candidate);
  if (compared.outcome !== 'different') throw new Error(compared.outcome);
  return compared.critical;
}

const signIns = [
  '/login',
  '/login.php?next=%2Forders',
  'https://shop.example/users/sign_in',
  '/Account/LogOn?ReturnUrl=x',
  '/session/new',
  '/wp-login.php',
  'https://login.microsoftonline.example/common/oauth2/v2.0/authorize?client_id=1',
  'https://sso.company.example/',
];

test.each(signIns)('a candidate that shows a page where legacy sends the visitor to %s is critical', (location) => {
  expect(isCritical(redirect(location), page)).toBe(true);
});

test.each(['/orders/17', '/blog/login-problems-solved', '/catalogue?sort=login', '/authors/1', '/design'])(
  'a page in place of a redirect to %s is a difference like any other',
  (location) => expect(isCritical(redirect(location), page)).toBe(false),
);

test('a candidate that sends to sign in who may see the page is no leak', () => {
  expect(isCritical(page, redirect('/login'))).toBe(false);
});

function target({ url }: { readonly url?: string | undefined }): string {
  return url?.startsWith('/private') === true ? `/login?next=${url}` : '/orders/1';
}

test('that both send to sign in is counted as a refusal, that both send elsewhere is not', async () => {
  await using legacy = await startTestLegacy((request, response) => {
    response.writeHead(302, { Location: target(request) }).end();
  });
  await using asker = new LegacyAsker({ url: legacy.url });
  const { comparer, items } = comparerBetween(
    { ask: async ({ target: url }) => ({ ok: true, answer: redirect(target({ url })), tookMs: 1 }) },
    asker,
  );
  for (const url of ['/private/1', '/latest']) {
    await comparer.compare(exchangeOf(url, { answer: redirect(target({ url })) }));
  }
  expect(items).toMatchObject([
    { verdict: 'match', isRefusal: true },
    { verdict: 'match', isRefusal: false },
  ]);
});
