import { expect, test } from 'vitest';
import { AnswerComparer } from '../../shadow/compare-answers.ts';
import { storedComparer } from '../../shadow/pairs/compare-stored.ts';
import { keepAnswers } from '../../shadow/pairs/keep-answers.ts';
import type { HttpAnswer } from '../../src/kernel/exchange.ts';
import { noCompareRules, testRedactor } from './arbitraries.ts';

const asked = { target: '/orders/latest', headers: ['host', 'shop.example'] };
const comparer = new AnswerComparer(noCompareRules, testRedactor);

function redirect(location: string, status = 302): HttpAnswer {
  return { status, headers: ['Location', location], body: Buffer.alloc(0) };
}

function placesOf(legacy: HttpAnswer, candidate: HttpAnswer): string[] {
  const compared = comparer.compare(legacy, candidate, asked);
  return compared.outcome === 'different' ? compared.differences.map(({ at }) => at) : [];
}

test.each([301, 302, 303, 307, 308])(
  'redirects (%i) that lead to different places differ, though no rule names a header',
  (status) => {
    expect(placesOf(redirect('/orders/17', status), redirect('/orders/9', status))).toEqual(['header location']);
  },
);

test('redirects that lead to the same place are equal, however it is written', () => {
  expect(placesOf(redirect('http://shop.example/orders/17'), redirect('/orders/17'))).toEqual([]);
});

test('redirects that lead to different places are different evidence', () => {
  const [one, other] = [redirect('/orders/17'), redirect('/orders/9')].map((answer) => comparer.digest(answer, asked));
  expect(one?.equals(other!)).toBe(false);
});

test('where an answer that is no redirect leads is compared only where a rule says so', () => {
  expect(placesOf(redirect('/orders/17', 200), redirect('/orders/9', 200))).toEqual([]);
});

test('stored redirects differ by where they led, which is stored as a hash', () => {
  const answers = { legacy: redirect('/people/zebedee'), candidate: redirect('/people/quimby') };
  const kept = keepAnswers(answers, { redact: [], headers: ['content-type'] }, testRedactor, asked);
  expect(JSON.stringify(kept)).not.toContain('zebedee');
  const question = { method: 'GET', target: '/', headers: [], removed: [], hadCredentials: false };
  const compare = storedComparer(noCompareRules, 'GET /orders/latest', testRedactor);
  expect(compare({ question, ...kept }).differences).toMatchObject([{ at: 'header location' }]);
});
