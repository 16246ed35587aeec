import { expect, test } from 'vitest';
import { AnswerComparer } from '../../../shadow/compare-answers.ts';
import { ownVariations } from '../../../shadow/variation/own-variations.ts';
import type { HttpAnswer } from '../../../src/kernel/exchange.ts';
import { noCompareRules, testRedactor } from '../arbitraries.ts';
import { jsonBody } from '../exchanges.ts';

const comparer = new AnswerComparer(noCompareRules, testRedactor);
const compare = comparer.compare.bind(comparer);

function answer(value: unknown): HttpAnswer {
  return { status: 200, headers: ['content-type', 'application/json'], body: jsonBody(value) };
}

function variations(before: unknown, candidateBefore: unknown, after: unknown, candidateAfter: unknown): unknown {
  const answers = [before, candidateBefore, after, candidateAfter].map(answer);
  const [one, two, three, four] = answers as [HttpAnswer, HttpAnswer, HttpAnswer, HttpAnswer];
  const sandwich = { before: one, candidateBefore: two, after: three, candidateAfter: four };
  return ownVariations(sandwich, compare, Date.now());
}

test('what only legacy varies is its own, and the candidate is witness that the data did not change', () => {
  const same = { total: 5, token: 'a1b2c3d4e5' };
  expect(variations(same, same, { total: 5, token: 'f6a7b8c9d0' }, same)).toMatchObject([
    { path: '$.token', kind: 'token', isWitnessed: true },
  ]);
});

test('a change of the data, which the candidate comes to show, is none', () => {
  expect(variations({ total: 5 }, { total: 5 }, { total: 6 }, { total: 6 })).toEqual([]);
});

test('a change that the candidate showed before legacy did is none either', () => {
  expect(variations({ total: 5 }, { total: 6 }, { total: 6 }, { total: 6 })).toEqual([]);
});

test('where both vary nobody is a witness', () => {
  expect(variations({ n: 'aaaa1111' }, { n: 'bbbb2222' }, { n: 'cccc3333' }, { n: 'dddd4444' })).toMatchObject([
    { path: '$.n', kind: 'token', isWitnessed: false },
  ]);
});

test('rows that legacy gives in another order each time are told by their array', () => {
  const rows = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];
  expect(variations({ rows }, { rows }, { rows: rows.toReversed() }, { rows })).toMatchObject([
    { path: '$.rows', kind: 'order', isWitnessed: true },
  ]);
});

test('another status is no place that a rule could name', () => {
  const [one, two] = [answer({}), { ...answer({}), status: 404 }];
  const sandwich = { before: one, candidateBefore: one, after: two, candidateAfter: one };
  expect(ownVariations(sandwich, compare, Date.now())).toEqual([]);
});
