import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SentRow } from '../../../../src/sync/change.ts';
import { BodyReader, writeBody } from '../../../../src/sync/kafka/transport/event-body.ts';
import { unchanged } from '../../../../src/sync/postgres/pgoutput-messages.ts';
import { pieces, plain, transactions } from './events-at-random.ts';

test('whatever a transaction holds comes back as it was', () => {
  const bodies = new BodyReader();
  fc.assert(
    fc.property(transactions, (transaction) => {
      const { endPosition, ...body } = transaction;
      const read = bodies.read(Buffer.from(writeBody(transaction)));
      expect(plain({ ...read, endPosition })).toEqual(plain({ ...body, endPosition }));
    }),
    { numRuns: 500 },
  );
});

test('a piece of a large transaction comes back as it was, without a number', () => {
  const bodies = new BodyReader();
  fc.assert(
    fc.property(pieces, (piece) => {
      const read = bodies.read(Buffer.from(writeBody(piece)));
      expect(plain(read)).toEqual(plain(piece));
      expect(read.xid).toBeUndefined();
    }),
  );
});

test('null, an empty text, a value that was not sent and a column that does not exist stay four things', () => {
  const row: SentRow = { a: null, b: '', c: unchanged, d: '0' };
  const { changes } = new BodyReader().read(
    Buffer.from(writeBody({ changes: [{ kind: 'insert', table: 'public.t', row }], messages: [], relations: [] })),
  );
  expect(changes).toHaveLength(1);
  const [change] = changes;
  if (change?.kind !== 'insert') throw new Error('no insert');
  expect(Object.entries(change.row)).toEqual(Object.entries(row));
});

test('columns are named once, however many rows have them', () => {
  const changes = Array.from({ length: 100 }, (_, n) => ({
    kind: 'insert' as const,
    table: 'public.orders',
    row: { a_long_column_name: String(n) },
  }));
  const text = writeBody({ changes, messages: [], relations: [] });
  expect(text.split('a_long_column_name')).toHaveLength(2);
});
