import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchesOf } from '../../../src/sync/capture/batches-of.ts';
import type { SourceTransaction, StreamEvent } from '../../../src/sync/change.ts';
import { messagePrefix } from '../../../src/sync/postgres/source-position.ts';

function transaction(xid: number, changes: number, marked = false): SourceTransaction {
  return {
    xid,
    endPosition: BigInt(xid),
    committedAtMs: 0,
    changes: Array.from({ length: changes }, () => ({ kind: 'truncate', tables: [] })),
    messages: marked ? [{ prefix: messagePrefix, content: 'low x' }] : [],
    relations: [],
  };
}
const small = (xid: number, changes: number, marked?: boolean): StreamEvent => ({
  type: 'transaction',
  transaction: transaction(xid, changes, marked),
  bytes: 10 * changes,
});
const shapeOf = (events: readonly StreamEvent[], most: number, bytes = 1_000): unknown[] =>
  [...batchesOf(events, { rows: most, bytes })].map((step) =>
    step.type === 'batch' ? step.transactions.map(({ xid }) => xid) : step.type,
  );

test('a marker, enough changes and enough bytes each end a batch', () => {
  const events = [small(1, 1), small(2, 0, true), small(3, 2), small(4, 3), small(5, 1), small(6, 1)];
  expect(shapeOf(events, 5)).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  expect(shapeOf(events, 5, 20)).toEqual([[1, 2], [3], [4], [5, 6]]);
  expect(shapeOf([], 5)).toEqual([]);
});

test('a position is told when nothing follows it, and divides no batch', () => {
  const position: StreamEvent = { type: 'position', position: 9n };
  expect(shapeOf([small(1, 1), position, small(2, 1), position], 5)).toEqual([[1, 2], 'position']);
  expect(shapeOf([position, position], 5)).toEqual(['position']);
});

test('every transaction is in one batch, in the order in which it came', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(9), fc.boolean())), fc.integer({ min: 1, max: 20 }), (list, most) => {
      const events = list.map(([changes, marked], xid) => small(xid, changes, marked));
      expect(shapeOf(events, most).flat()).toEqual(list.map((_, xid) => xid));
    }),
  );
});
