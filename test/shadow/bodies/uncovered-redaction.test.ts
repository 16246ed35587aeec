import { expect, test } from 'vitest';
import { AnswerComparer } from '../../../shadow/compare-answers.ts';
import { keepAnswers } from '../../../shadow/pairs/keep-answers.ts';
import type { HttpAnswer } from '../../../src/kernel/exchange.ts';
import { noCompareRules, testRedactor } from '../arbitraries.ts';

function answer(type: string, body: string): HttpAnswer {
  return { status: 200, headers: ['content-type', type], body: Buffer.from(body) };
}

/** All that is shown of what differs, and all that would be stored of the answers. */
function shownOf(legacy: HttpAnswer, candidate: HttpAnswer, redact: readonly string[]): string {
  const compared = new AnswerComparer({ ...noCompareRules, redact }, testRedactor).compare(legacy, candidate);
  const question = { target: '/people', headers: [] };
  const kept = keepAnswers({ legacy, candidate }, { redact, headers: [] }, testRedactor, question);
  return JSON.stringify([compared, kept]);
}

/** What rules for lists of JSON begin with fits the top of any body. */
const listRules = ['$[*].name', '$.*.name', '$.rows[*].fullName'];

test.each([
  ['text/html', (name: string) => `<ul><li>${name}</li></ul>`],
  ['text/html', (name: string) => `<html><body><p>${name}</p></body></html>`],
  ['application/xml', (name: string) => `<people><person>${name}</person></people>`],
  ['text/csv', (name: string) => `id,who\n1,${name}\n`],
  ['application/x-www-form-urlencoded', (name: string) => `who=${name}`],
])('of a body of type %s that no redact rule fits to its end only hashes are shown', (type, body) => {
  const shown = shownOf(answer(type, body('4711')), answer(type, body('4712')), listRules);
  expect(shown).toContain('<redacted:');
  expect(shown).not.toContain('4711');
  expect(shown).not.toContain('4712');
});

function list(name: string, total: string): HttpAnswer {
  return answer('text/csv', `id,fullName,total\n1,${name},${total}\n`);
}

test('of a body that a redact rule fits to its end the rest is shown', () => {
  const shown = shownOf(list('Zebedee', '12.5'), list('Quimby', '12.7'), listRules);
  expect(shown).toContain('12.7');
  expect(shown).not.toContain('Quimby');
});
