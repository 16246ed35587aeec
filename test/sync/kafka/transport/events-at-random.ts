import * as fc from 'fast-check';
import type {
  Change,
  LogicalMessage,
  SentRow,
  SourceTransaction,
  TransactionPiece,
} from '../../../../src/sync/change.ts';
import {
  type RawValue,
  type Relation,
  type SentValue,
  unchanged,
} from '../../../../src/sync/postgres/pgoutput-messages.ts';

/** Names as PostgreSQL takes them, those that mean something to JavaScript included. */
const name = fc.oneof(
  fc.constantFrom('id', 'name', '__proto__', 'constructor', 'toString', '1', '0', 'a b', 'ä"\\'),
  fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }),
);
const raw: fc.Arbitrary<RawValue> = fc.oneof(
  fc.constant(null),
  fc.constantFrom('', '0', 'null', '\u2028', '{"a":1}', '\\x00ff', '__debezium_unavailable_value'),
  fc.string({ unit: 'grapheme' }),
  fc.bigInt().map(String),
);
const sent: fc.Arbitrary<SentValue> = fc.oneof(
  { weight: 9, arbitrary: raw },
  { weight: 1, arbitrary: fc.constant(unchanged) },
);
const table = fc.tuple(name, name).map(([schema, of]) => `${schema}.${of}`);

function rowOf<Value extends SentValue>(value: fc.Arbitrary<Value>): fc.Arbitrary<Readonly<Record<string, Value>>> {
  return fc.uniqueArray(fc.tuple(name, value), { selector: ([column]) => column, maxLength: 6 }).map((entries) => {
    const made = Object.create(null) as Record<string, Value>;
    for (const [column, of] of entries) made[column] = of;
    return made;
  });
}

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), table, row: rowOf(sent) }),
  fc.record({
    kind: fc.constant('update' as const),
    table,
    oldKey: fc.option(rowOf(raw), { nil: undefined }),
    row: rowOf(sent),
  }),
  fc.record({ kind: fc.constant('delete' as const), table, oldKey: rowOf(raw) }),
  fc.record({ kind: fc.constant('truncate' as const), tables: fc.array(table, { minLength: 1, maxLength: 3 }) }),
);

const relation: fc.Arbitrary<Relation> = fc.record({
  oid: fc.nat(),
  schema: name,
  table: name,
  replicaIdentity: fc.constantFrom('d', 'n', 'f', 'i'),
  columns: fc.array(
    fc.record({ name, isKey: fc.boolean(), typeOid: fc.nat(), typeModifier: fc.integer({ min: -1, max: 2_000_000 }) }),
    { maxLength: 5 },
  ),
});

const message: fc.Arbitrary<LogicalMessage> = fc.record(
  { prefix: fc.string(), content: fc.string({ unit: 'grapheme' }), after: fc.nat() },
  { requiredKeys: ['prefix', 'content'] },
);

export const pieces: fc.Arbitrary<TransactionPiece> = fc.record({
  changes: fc.array(change, { maxLength: 8 }),
  messages: fc.array(message, { maxLength: 3 }),
  relations: fc.array(relation, { maxLength: 3 }),
});

export const transactions: fc.Arbitrary<SourceTransaction> = fc
  .tuple(
    pieces,
    fc.nat({ max: 0xffff_ffff }),
    fc.bigInt(1n, 0xffff_ffff_ffffn),
    fc.double({ noNaN: true, min: 0, max: 4e12 }),
  )
  .map(([piece, xid, endPosition, committedAtMs]) => ({ ...piece, xid, endPosition, committedAtMs }));

/** With rows as plain data that can be compared: their prototypes are of no interest, their columns are. */
export function plain(piece: TransactionPiece & Partial<SourceTransaction>): unknown {
  const { changes, messages, relations } = piece;
  return { ...piece, changes: changes.map(plainChange), messages, relations };
}

function plainChange(each: Change): unknown {
  if (each.kind === 'truncate') return each;
  if (each.kind === 'delete') return { ...each, oldKey: columnsOf(each.oldKey) };
  if (each.kind === 'insert') return { ...each, row: columnsOf(each.row) };
  return { ...each, row: columnsOf(each.row), oldKey: each.oldKey && columnsOf(each.oldKey) };
}

function columnsOf(given: SentRow): unknown {
  return Object.entries(given);
}
