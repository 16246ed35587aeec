import { expect, test } from 'vitest';
import { unitsOf } from '../../../shadow/findings/units.ts';
import type { Facts } from '../../../src/kernel/facts.ts';

const answer = { method: 'GET', '$.page': 1, '$.rows length': 2, '$.notes length': 0 };
const row = (currency: string): Facts => ({ ...answer, '$.rows[*].currency': currency, '$.notes[*].text': 'x' });
const differing = [{ differs: row('JPY'), beside: row('EUR'), legacy: '1', candidate: '2' }];

test('of what differs in an answer, answers are told apart, by no facts of elements', () => {
  expect(unitsOf({ path: '$.page', kind: 'value' }, differing, [row('USD')])).toEqual({
    mismatches: [answer],
    matches: [answer],
    areElements: false,
  });
});

test('of what differs in a row, rows are told apart: of answers that match, and those beside one that differs', () => {
  const { mismatches, matches, areElements } = unitsOf({ path: '$.rows[*].total', kind: 'value' }, differing, [
    row('USD'),
    { ...answer, '$.rows length': 0 },
    { method: 'GET' },
  ]);
  expect(areElements).toBe(true);
  expect(mismatches).toEqual([{ ...answer, '$.rows[*].currency': 'JPY' }]);
  expect(matches.map((facts) => facts['$.rows[*].currency'])).toEqual(['USD', 'EUR']);
});

test('a row that only the candidate has is told apart by its answer; what its kind says already is no fact', () => {
  expect(unitsOf({ path: '$.rows[*]', kind: 'extra' }, differing, [row('USD')])).toMatchObject({
    areElements: false,
    mismatches: [answer],
  });
  expect(unitsOf({ path: '$.page', kind: 'missing' }, differing, []).mismatches[0]).not.toHaveProperty(['$.page']);
});
