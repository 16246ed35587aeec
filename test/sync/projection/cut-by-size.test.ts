import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change } from '../../../src/sync/change.ts';
import { cutBySize } from '../../../src/sync/projection/cut-by-size.ts';
import type { CommittedChanges, StoredReads } from '../../../src/sync/projection/derivation.ts';
import { unchanged } from '../../../src/sync/postgres/pgoutput-messages.ts';

const table = 'public.things';
const update = (id: string): Change => ({ kind: 'update', table, oldKey: undefined, row: { id, large: unchanged } });
const move = (from: string, to: string): Change => ({
  kind: 'update',
  table,
  oldKey: { id: from },
  row: { id: to, large: unchanged },
});
const insert = (id: string): Change => ({ kind: 'insert', table, row: { id, large: 'x' } });
const truncate: Change = { kind: 'truncate', tables: [table] };

function committed(...transactions: readonly (readonly Change[])[]): readonly CommittedChanges[] {
  return transactions.map((changes, i) => ({ endPosition: BigInt(i), committedAtMs: i, changes }));
}

/** Pieces of at most 100 bytes, as changes per transaction. */
function cut(
  transactions: readonly CommittedChanges[],
  sizes: Readonly<Record<string, number>>,
  reads: StoredReads = 'touched',
): readonly (readonly number[])[] {
  const sized = new Map([[table, new Map(Object.entries(sizes))]]);
  const pieces = cutBySize(transactions, new Map([[table, { key: ['id'], reads }]]), sized, 100);
  return pieces.map((piece) => piece.map(({ changes }) => changes.length));
}

test('changes are cut where more would be read than fits, and a row that is larger by itself is a piece', () => {
  expect(cut(committed([update('a'), update('b'), update('c')]), { a: 60, b: 40, c: 1 })).toEqual([[2], [1]]);
  expect(cut(committed([update('a'), update('b'), update('c')]), { a: 1, b: 400, c: 1 })).toEqual([[1], [1], [1]]);
  expect(cut(committed([update('a'), update('a'), update('a')]), { a: 60 })).toEqual([[3]]);
});

test('transactions are kept whole where they fit', () => {
  const sizes = { a: 60, b: 30, c: 30, d: 60, e: 60 };
  expect(cut(committed([update('a')], [update('b'), update('c')], [update('b')]), sizes)).toEqual([[1], [2, 1]]);
  expect(cut(committed([update('a')], [update('d'), update('e')], [update('b')]), sizes)).toEqual([[1], [1], [1, 1]]);
});

test('a large value moves along with its row, so what is read where it moved to counts as much', () => {
  const moves = committed([move('a', 'A'), move('b', 'B'), update('A'), update('B')]);
  expect(cut(moves, { a: 60, b: 60 })).toEqual([[1], [1], [1], [1]]);
  expect(cut(moves, { a: 60, b: 60 }, 'moved')).toEqual([[1], [3]]);
});

test('what stays where it is counts only where all stored rows are read', () => {
  expect(cut(committed([update('a'), update('b')]), { a: 60, b: 60 }, 'moved')).toEqual([[2]]);
});

test('after a TRUNCATE nothing is read of the rows that were there', () => {
  const sizes = { a: 60, b: 60 };
  expect(cut(committed([truncate, insert('a'), insert('b'), update('a'), update('b')]), sizes)).toEqual([[5]]);
  expect(cut(committed([update('a'), truncate, insert('a'), insert('b')]), sizes)).toEqual([[4]]);
});

const key = fc.constantFrom('a', 'b', 'c', 'd');
const change = fc.oneof(
  key.map(update),
  key.map(insert),
  fc.tuple(key, key).map(([from, to]) => move(from, to)),
  fc.constant(truncate),
);

test('the pieces are all changes in their order, whatever the sizes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 5 }),
      fc.dictionary(key, fc.nat(150)),
      fc.constantFrom<StoredReads>('touched', 'moved'),
      (changes, sizes, reads) => {
        const sized = new Map([[table, new Map(Object.entries(sizes))]]);
        const pieces = cutBySize(committed(...changes), new Map([[table, { key: ['id'], reads }]]), sized, 100);
        expect(pieces.flat().flatMap((part) => part.changes.map((it) => [part.endPosition, it]))).toEqual(
          changes.flatMap((of, i) => of.map((it) => [BigInt(i), it])),
        );
      },
    ),
  );
});

/** Changes by their numbers and messages, in the order in which they were made. */
function told({ changes, messages = [], first = 0 }: CommittedChanges): readonly (number | string)[] {
  const waiting = [...messages];
  const due = (n: number): string[] =>
    waiting.splice(0, waiting.filter(({ after }) => after !== undefined && after <= n).length).map((it) => it.content);
  const before = changes.flatMap((_, n) => [...due(n), first + n]);
  return [...before, ...waiting.map(({ content }) => content)];
}

test('messages stay where they were among the changes, which keep their numbers', () => {
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 8 }),
      fc.array(fc.nat(8), { maxLength: 5 }),
      fc.dictionary(key, fc.nat(150)),
      (changes, places, sizes) => {
        const messages = places
          .toSorted((a, b) => a - b)
          .map((after, n) => ({ prefix: 'p', content: `m${n}`, after: Math.min(after, changes.length) }));
        const whole = { endPosition: 1n, committedAtMs: 1, changes, messages, first: 10 };
        const sized = new Map([[table, new Map(Object.entries(sizes))]]);
        const pieces = cutBySize([whole], new Map([[table, { key: ['id'], reads: 'touched' as const }]]), sized, 100);
        expect(pieces.flat().flatMap(told)).toEqual(told(whole));
      },
    ),
  );
});
