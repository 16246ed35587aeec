import { expect, test } from 'vitest';
import type { Change } from '../../../../src/sync/change.ts';
import { changesAndMessages } from '../../../../src/sync/kafka/debezium/changes-and-messages.ts';

const row = (change: Change, moves?: 'away' | 'here') => ({
  kind: 'row' as const,
  decode: () => ({ change, moves }),
});
const insert = (id: string): Change => ({ kind: 'insert', table: 'public.t', row: { id } });
const message = (content: string) => ({ kind: 'message' as const, message: { prefix: 'p', content } });

test('a message knows after which changes it comes, also where two rows are one change', () => {
  const gone: Change = { kind: 'delete', table: 'public.t', oldKey: { id: '1' } };
  const { changes, messages } = changesAndMessages([
    message('a'),
    row(gone, 'away'),
    row(insert('2'), 'here'),
    message('b'),
    row(insert('3')),
    row(insert('4')),
    message('c'),
  ]);
  expect(changes.map(({ kind }) => kind)).toEqual(['update', 'insert', 'insert']);
  expect(messages.map(({ content, after }) => [content, after])).toEqual([
    ['a', 0],
    ['b', 1],
    ['c', 3],
  ]);
});
