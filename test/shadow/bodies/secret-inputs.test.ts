import { expect, test } from 'vitest';
import { AnswerComparer } from '../../../shadow/compare-answers.ts';
import { keepAnswers } from '../../../shadow/pairs/keep-answers.ts';
import type { HttpAnswer } from '../../../src/kernel/exchange.ts';
import { noCompareRules, testRedactor } from '../arbitraries.ts';

function page(body: string): HttpAnswer {
  return { status: 200, headers: ['content-type', 'text/html'], body: Buffer.from(body) };
}

function compare(legacy: string, candidate: string) {
  return new AnswerComparer(noCompareRules, testRedactor).compare(page(legacy), page(candidate));
}

const forms: [what: string, form: (secret: string) => string][] = [
  ['a hidden field', (secret) => `<form><input type="hidden" name="csrf" value="${secret}"></form>`],
  ['a password', (secret) => `<form><input type="PASSWORD" name="p" value="${secret}"></form>`],
  ['a meta element', (secret) => `<head><meta name="csrf-token" content="${secret}"></head>`],
  ['what an id names', (secret) => `<input id="__RequestVerificationToken" value="${secret}">`],
];

test.each(forms)('the secret in %s differs, and is shown and stored as a hash', (_, form) => {
  const [legacy, candidate] = [form('5f4dcc3b5aa7'), form('6e5ecc3b5bb8')];
  const compared = compare(legacy, candidate);
  expect(compared).toMatchObject({ outcome: 'different', differences: [{ kind: 'value' }] });
  const question = { target: '/', headers: [] };
  const answers = { legacy: page(legacy), candidate: page(candidate) };
  const kept = keepAnswers(answers, { redact: [], headers: [] }, testRedactor, question);
  expect(JSON.stringify([compared, kept])).not.toMatch(/5f4dcc|6e5ecc/);
});

test.each(forms)('the secret in %s is hidden where the element is missing as a whole', (_, form) => {
  expect(JSON.stringify(compare(`<p>a</p>${form('5f4dcc3b5aa7')}`, '<p>a</p>'))).not.toContain('5f4dcc');
});

test.each(forms)('pages with the same secret in %s are equal, however they are written', (_, form) => {
  expect(compare(form('5f4dcc3b5aa7'), ` ${form('5f4dcc3b5aa7').replaceAll('"', "'")}\n`)).toEqual({
    outcome: 'equal',
  });
});

function field(value: string): string {
  return `<input name="quantity" value="${value}">`;
}

test('what other fields hold is shown', () => {
  expect(compare(field('3'), field('4'))).toMatchObject({ differences: [{ legacy: '"3"', candidate: '"4"' }] });
});
