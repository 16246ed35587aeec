import { expect, test } from 'vitest';
import { judgeEvents, nothingWrong, type NumberedEvent } from './judge-events.ts';

const of = (...numbers: readonly number[]): readonly NumberedEvent[] =>
  numbers.map((n) => ({ type: 'Noted', key: 'a', n }));
const expected = new Map([['Noted a', 3]]);

test.each([
  ['each once and in order', of(1, 2, 3), nothingWrong],
  ['one is not there', of(1, 3), { lost: 1, doubled: 0, outOfOrder: 0 }],
  ['none is there', [], { lost: 3, doubled: 0, outOfOrder: 0 }],
  ['one comes twice', of(1, 2, 2, 3), { lost: 0, doubled: 1, outOfOrder: 0 }],
  ['a batch comes twice', of(1, 2, 1, 2, 3), { lost: 0, doubled: 2, outOfOrder: 1 }],
  ['two change places', of(1, 3, 2), { lost: 0, doubled: 0, outOfOrder: 1 }],
  ['one that nobody wrote', of(1, 2, 3, 4), { lost: 0, doubled: 1, outOfOrder: 0 }],
])('events are judged: %s', (_what, events, figures) => {
  expect(judgeEvents(events, expected)).toEqual(figures);
});
