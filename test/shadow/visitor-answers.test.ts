import { expect, test } from 'vitest';
import { revealsSomething, VisitorAnswers } from '../../shadow/visitor-answers.ts';
import type { Difference } from '../../src/kernel/verdict.ts';

/** Legacy's answers in the order they were given: visitor and answer. */
function after(...given: readonly [visitor: string, answer: string][]): VisitorAnswers {
  const answers = new VisitorAnswers();
  for (const [i, [visitor, legacy]] of given.entries()) {
    answers.note({ question: 'q', visitor, legacy, askedAt: i * 10, seenAt: i * 10 + 5 });
  }
  return answers;
}

const ofAnn = (answers: VisitorAnswers, candidate: string, legacy = 'A'): boolean =>
  answers.isAnothers({ question: 'q', visitor: 'ann', legacy }, candidate);

test("what legacy gave another after it gave this one their own is another's", () => {
  expect(ofAnn(after(['ann', 'A'], ['eve', 'E'], ['bob', 'B'], ['ann', 'A']), 'B')).toBe(true);
});

test.each<[string, [string, string][]]>([
  [
    'an answer that nobody was given',
    [
      ['ann', 'A'],
      ['eve', 'E'],
      ['bob', 'C'],
    ],
  ],
  [
    'an old answer: the other was given it before this one was given theirs',
    [
      ['bob', 'B'],
      ['eve', 'E'],
      ['ann', 'A'],
    ],
  ],
  [
    'an answer that this one was given too',
    [
      ['ann', 'B'],
      ['ann', 'A'],
      ['eve', 'E'],
      ['bob', 'B'],
    ],
  ],
  [
    'an answer of one who was given what this one is given: the data changed',
    [
      ['ann', 'A'],
      ['eve', 'E'],
      ['bob', 'A'],
      ['bob', 'B'],
    ],
  ],
  [
    'what most visitors are given',
    [
      ['ann', 'A'],
      ['eve', 'B'],
      ['bob', 'B'],
      ['joe', 'B'],
    ],
  ],
  [
    'one of two: the other may be the rule',
    [
      ['ann', 'A'],
      ['bob', 'B'],
      ['ann', 'A'],
    ],
  ],
])('%s is not', (_, given) => {
  expect(ofAnn(after(...given), 'B')).toBe(false);
});

test('of two questions the answers are not held against each other', () => {
  const answers = after(['ann', 'A'], ['eve', 'E'], ['bob', 'B'], ['ann', 'A']);
  expect(answers.isAnothers({ question: 'other', visitor: 'ann', legacy: 'A' }, 'B')).toBe(false);
});

test('questions, visitors and answers are bounded, and the latest are kept', () => {
  const answers = new VisitorAnswers({ questions: 2, visitorsPerQuestion: 3, answersPerVisitor: 1 });
  const note = (question: string, visitor: string, legacy: string, at: number): void =>
    answers.note({ question, visitor, legacy, askedAt: at, seenAt: at });
  note('old', 'ann', 'A', 1);
  for (const [i, visitor] of ['joe', 'ann', 'eve', 'bob'].entries()) note('q', visitor, visitor.toUpperCase(), i);
  expect(answers.isAnothers({ question: 'q', visitor: 'ann', legacy: 'ANN' }, 'BOB')).toBe(true);
  note('r', 'ann', 'A', 9);
  note('s', 'ann', 'A', 9);
  expect(answers.isAnothers({ question: 'q', visitor: 'ann', legacy: 'ANN' }, 'BOB')).toBe(false);
});

const difference = (kind: Difference['kind'], candidate: string | undefined): Difference => ({
  kind,
  path: '$.a',
  at: '$.a',
  legacy: '1',
  candidate,
  critical: false,
});

test.each([
  ['extra', '{"id":7}', true],
  ['value', '"bob"', true],
  ['missing', undefined, false],
  ['value', '0', false],
  ['value', '[]', false],
  ['type', 'null', false],
] as const)('a difference of kind %s with %s in the candidate reveals something: %s', (kind, candidate, reveals) => {
  expect(revealsSomething([difference(kind, candidate), difference('missing', undefined)])).toBe(reveals);
});
