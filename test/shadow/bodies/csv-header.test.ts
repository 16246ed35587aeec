import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isHeaderRow, type HeaderRow } from '../../../shadow/bodies/csv-header.ts';
import { AnswerComparer } from '../../../shadow/compare-answers.ts';
import { keepAnswers } from '../../../shadow/pairs/keep-answers.ts';
import { keepRulesOf } from '../../../shadow/pairs/keep-rules.ts';
import type { HttpAnswer } from '../../../src/kernel/exchange.ts';
import { noCompareRules, testRedactor } from '../arbitraries.ts';

const rowsOf = (text: string): string[][] => text.split('\n').map((line) => line.split(','));

function isHeader(text: string, said?: HeaderRow, known: readonly string[] = []): boolean {
  const [first = [], ...rows] = rowsOf(text);
  return isHeaderRow(first, rows, said, (name) => known.includes(name));
}

test.each([
  ['a usual name', 'id,who\na,Anna'],
  ['a usual name in two words', 'Order Number,Who\nA-1,Anna'],
  ['a usual name in one', 'orderId,who\na,Anna'],
  ['a usual name, and no row', 'id,who'],
  ['nothing but numbers below one of them', 'who,age\nAnna,42\nBerta,'],
  ['nothing but dates below one of them', 'who,since\nAnna,2026-01-31\nBerta,31.01.2026 12:00'],
  ['nothing but prices below one of them', 'what,each\nTea,€1.50\nMilk,-0.99'],
])('%s makes a first row names', (_, text) => {
  expect(isHeader(text)).toBe(true);
});

test.each([
  ['people', 'Anna Schmidt,Berlin\nBerta Kunz,Hamburg'],
  ['people, one of whom ends like a name of a column', 'Pat,Date With Beat\nKurt Flat,Hamburg'],
  ['people of whom the first gave no age', 'Anna,N/A\nBerta,42'],
  ['people whose age is mostly known', 'Anna,old\nBerta,42\nCarl,young'],
  ['one row of words', 'Anna,Berlin'],
  ['a single column', 'id\na'],
  ['a name that is there twice', 'id,id\n1,2'],
  ['a number among them', 'id,1\na,2'],
])('%s are not taken for names', (_, text) => {
  expect(isHeader(text)).toBe(false);
});

test('what is said of a header row is believed, and what rules or the redactor know is known', () => {
  expect(isHeader('Anna,Berlin\nBerta,Hamburg', 'present')).toBe(true);
  expect(isHeader('id,age\na,42', 'absent')).toBe(false);
  expect(isHeader('who,where\nAnna,Berlin', undefined, ['where'])).toBe(true);
});

function answer(rows: readonly (readonly string[])[]): HttpAnswer {
  const body = Buffer.from(rows.map((row) => `${row.join(',')}\n`).join(''));
  return { status: 200, headers: ['content-type', 'text/csv'], body };
}

const people = ['Anna', 'Berta Kunz', 'Carl-Otto', 'Price', 'Pat', 'Zoe Street', 'Berlin', 'São Paulo', 'St. Gallen'];
const tables = fc.integer({ min: 2, max: 4 }).chain((width) =>
  fc.array(fc.array(fc.constantFrom(...people), { minLength: width, maxLength: width }), {
    minLength: 1,
    maxLength: 6,
  }),
);

test('no cell of a table of people without a header row is in a path', () => {
  const comparer = new AnswerComparer(noCompareRules, testRedactor);
  let found = 0;
  fc.assert(
    fc.property(tables, tables, (one, other) => {
      const compared = comparer.compare(answer(one), answer(other));
      const paths = compared.outcome === 'different' ? compared.differences.map(({ path, at }) => `${path} ${at}`) : [];
      found += paths.length;
      expect(people.filter((each) => paths.join('\n').includes(each))).toEqual([]);
    }),
  );
  expect(found).toBeGreaterThan(100);
});

test.each([
  ['$.rows[*].where', ['ignore']],
  ['$.*[*].where', ['redact']],
] as const)('a column that the rule for %s names is one, to whoever compares and to whoever stores', (path, [kind]) => {
  const rules = { ...noCompareRules, [kind]: [path] };
  const legacy = answer(rowsOf('who,where\nAnna,Berlin\nBerta,Bern'));
  const candidate = answer(rowsOf('who,where\nAnna,Berlin\nBert,Bern'));
  const compared = new AnswerComparer(rules, testRedactor).compare(legacy, candidate);
  expect(compared).toMatchObject({ differences: [{ path: '$.rows[*].who' }] });
  const kept = keepAnswers({ legacy, candidate }, keepRulesOf(rules, 'GET /x'), testRedactor, {
    target: '/x',
    headers: [],
  });
  expect(kept.legacy?.body).toMatchObject({ form: 'tree', text: expect.stringContaining('{"who":') });
});

test('rows are keyed by a column that only the rule names', () => {
  const rules = { ...noCompareRules, keyed: { '$.rows': { by: ['who'] } } };
  const [legacy, candidate] = ['who,where\nAnna,Berlin\nBerta,Bern', 'who,where\nBerta,Bern\nAnna,Berlin'].map((text) =>
    answer(rowsOf(text)),
  );
  expect(new AnswerComparer(rules, testRedactor).compare(legacy!, candidate!)).toEqual({ outcome: 'equal' });
});
