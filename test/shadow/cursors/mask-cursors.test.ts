import { expect, test } from 'vitest';
import { AnswerComparer, type Comparison } from '../../../shadow/compare-answers.ts';
import { cursorPaths, maskCursors } from '../../../shadow/cursors/mask-cursors.ts';
import { json, noCompareRules, testRedactor } from '../arbitraries.ts';
import { jsonBody } from '../exchanges.ts';

const comparer = new AnswerComparer({ ...noCompareRules, cursors: { '$.next': 'cursor' } }, testRedactor);

function compared(legacy: unknown, candidate: unknown): Comparison {
  const [ours, theirs] = [legacy, candidate].map((value) => ({
    status: 200,
    headers: ['content-type', 'application/json'],
    body: jsonBody(value),
  }));
  return comparer.compare(ours!, theirs!);
}

test('tokens are found by their place, in every element where the path says so', () => {
  const body = json({ edges: [{ cursor: 'a' }, { cursor: 2 }, { cursor: null }, {}], next: 'n' });
  const { tokens } = maskCursors(body, cursorPaths({ '$.edges[*].cursor': 'after', '$.next': 'page' }));
  expect(Object.fromEntries(tokens)).toEqual({
    '$.edges[0].cursor': { parameter: 'after', token: 'a' },
    '$.edges[1].cursor': { parameter: 'after', token: '2' },
    '$.next': { parameter: 'page', token: 'n' },
  });
});

test('two tokens are not compared, and what is beside them is', () => {
  expect(compared({ rows: [1], next: 'abc' }, { rows: [1], next: 'xyz' })).toEqual({ outcome: 'equal' });
  expect(compared({ rows: [1], next: 'abc' }, { rows: [2], next: 'xyz' })).toMatchObject({
    differences: [{ path: '$.rows[*]' }],
  });
});

test.each([
  [{ next: 'abc' }, {}, 'missing'],
  [{ next: 'abc' }, { next: null }, 'type'],
  [{}, { next: 'abc' }, 'extra'],
])('that there is a further page on one side only is a difference: %j and %j', (legacy, candidate, kind) => {
  expect(compared(legacy, candidate)).toMatchObject({ differences: [{ kind, path: '$.next' }] });
});

test('of an address only the token in it is left out', () => {
  expect(compared({ next: '/o?cursor=a&n=2' }, { next: '/o?cursor=b&n=2' })).toEqual({ outcome: 'equal' });
  expect(compared({ next: '/o?cursor=a&n=2' }, { next: '/o?cursor=b&n=3' })).toMatchObject({ outcome: 'different' });
});

test('answers that differ in their tokens have one digest', () => {
  const [one, other] = ['abc', 'xyz'].map((next) => ({
    status: 200,
    headers: ['content-type', 'application/json'],
    body: jsonBody({ rows: [1], next }),
  }));
  expect(comparer.digest(one!)).toEqual(comparer.digest(other!));
});
