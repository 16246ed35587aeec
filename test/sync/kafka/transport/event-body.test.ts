import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SentRow } from '../../../../src/sync/change.ts';
import { BodyReader, writeBody } from '../../../../src/sync/kafka/transport/event-body.ts';
import { type Relation, unchanged } from '../../../../src/sync/postgres/pgoutput-messages.ts';
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

test('a table that is described as it was last time is the same object, and one that changed in anything is not', () => {
  const orders: Relation = {
    oid: 1,
    schema: 'public',
    table: 'orders',
    replicaIdentity: 'd',
    columns: [
      { name: 'id', isKey: true, typeOid: 20, typeModifier: -1 },
      { name: 'code', isKey: false, typeOid: 1043, typeModifier: 14 },
    ],
  };
  const [id, code] = [orders.columns[0]!, orders.columns[1]!];
  const altered: readonly Relation[] = [
    { ...orders, schema: 'archive' },
    { ...orders, table: 'bookings' },
    { ...orders, replicaIdentity: 'f' },
    { ...orders, columns: [id] },
    { ...orders, columns: [code, id] },
    { ...orders, columns: [id, { ...code, name: 'sku' }] },
    { ...orders, columns: [id, { ...code, isKey: true }] },
    { ...orders, columns: [id, { ...code, typeOid: 25 }] },
    { ...orders, columns: [id, { ...code, typeModifier: 18 }] },
    { ...orders, columns: [id, code, { ...code, name: 'note' }] },
  ];
  const bodies = new BodyReader();
  const read = (relation: Relation): Relation => {
    const change = { kind: 'insert' as const, table: `${relation.schema}.${relation.table}`, row: { id: '1' } };
    const body = bodies.read(Buffer.from(writeBody({ changes: [change], messages: [], relations: [relation] })));
    return body.relations[0]!;
  };
  for (const other of altered) {
    const [first, again, now, before] = [read(orders), read(orders), read(other), read(orders)];
    expect(again).toBe(first);
    expect(now).toEqual(other);
    expect(before).toEqual(orders);
    expect(before).not.toBe(first);
  }
});
