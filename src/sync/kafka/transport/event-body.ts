import { FigError } from '../../../kernel/fig-error.ts';
import type { Change, LogicalMessage, RawRow, SentRow, SourceTransaction, TransactionPiece } from '../../change.ts';
import { type RawValue, type Relation, type SentValue, unchanged } from '../../postgres/pgoutput-messages.ts';
import { rowMaker } from '../../postgres/row-shape.ts';

/** No value that PostgreSQL prints is a number. */
const UNCHANGED = 0;
type WrittenValue = RawValue | typeof UNCHANGED;

type WrittenRelation = readonly [
  oid: number,
  schema: string,
  table: string,
  identity: string,
  columns: readonly (readonly [name: string, isKey: 0 | 1, typeOid: number, typeModifier: number])[],
];

/** A table and columns of it, in the order in which rows of this shape have their values; a number: those of that relation. */
type WrittenShape = number | readonly [table: string, ...columns: string[]];

type WrittenChange =
  | readonly [kind: 'i', shape: number, row: readonly WrittenValue[]]
  | readonly [kind: 'u', shape: number, row: readonly WrittenValue[], oldShape?: number, old?: readonly WrittenValue[]]
  | readonly [kind: 'd', shape: number, old: readonly WrittenValue[]]
  | readonly [kind: 't', ...tables: string[]];

interface Written {
  readonly xid?: number;
  readonly at?: number;
  readonly relations: readonly WrittenRelation[];
  readonly shapes: readonly WrittenShape[];
  readonly changes: readonly WrittenChange[];
  /** `after`: see `LogicalMessage`. */
  readonly messages: readonly (readonly [prefix: string, content: string, after?: number])[];
}

/** What a body holds: a whole transaction, or a piece of a large one, of which only the first names the transaction. */
export type EventBody = TransactionPiece & Partial<Pick<SourceTransaction, 'xid' | 'committedAtMs'>>;

/** JSON, as its writer and reader are made of native code; column names are said once for all rows that have them. */
export function writeBody({ xid, committedAtMs, relations, changes, messages }: EventBody): string {
  const shapes = new ShapeList(relations);
  const written: Written = {
    ...(xid !== undefined && { xid }),
    ...(committedAtMs !== undefined && { at: committedAtMs }),
    relations: relations.map(writtenRelation),
    changes: changes.map((change) => shapes.write(change)),
    shapes: shapes.all,
    messages: messages.map(({ prefix, content, after }) =>
      after === undefined ? [prefix, content] : [prefix, content, after],
    ),
  };
  return JSON.stringify(written);
}

/** Tables that a body describes, `public.orders`; all that it changes are among them. `relations`: as they stand in it. */
export function tablesOf(relations: string): readonly string[] {
  return (JSON.parse(relations) as readonly WrittenRelation[]).map(([, schema, table]) => `${schema}.${table}`);
}

function writtenRelation({ oid, schema, table, replicaIdentity, columns }: Relation): WrittenRelation {
  return [
    oid,
    schema,
    table,
    replicaIdentity,
    columns.map(({ name, isKey, typeOid, typeModifier }) => [name, isKey ? 1 : 0, typeOid, typeModifier]),
  ];
}

/** The shapes of the rows of one body. */
class ShapeList {
  readonly all: WrittenShape[] = [];
  readonly #columns: (readonly string[])[] = [];
  readonly #tables: string[] = [];
  readonly #relations: readonly { readonly table: string; readonly columns: readonly string[] }[];

  constructor(relations: readonly Relation[]) {
    this.#relations = relations.map(({ schema, table, columns }) => ({
      table: `${schema}.${table}`,
      columns: columns.map(({ name }) => name),
    }));
  }

  write(change: Change): WrittenChange {
    if (change.kind === 'truncate') return ['t', ...change.tables];
    if (change.kind === 'insert') return ['i', ...this.#row(change.table, change.row)];
    if (change.kind === 'delete') return ['d', ...this.#row(change.table, change.oldKey)];
    const row = this.#row(change.table, change.row);
    return change.oldKey === undefined ? ['u', ...row] : ['u', ...row, ...this.#row(change.table, change.oldKey)];
  }

  #row(table: string, row: SentRow): readonly [shape: number, values: readonly WrittenValue[]] {
    const columns = Object.keys(row);
    return [this.#shapeOf(table, columns), columns.map((column) => writtenValue(row[column]!))];
  }

  #shapeOf(table: string, columns: readonly string[]): number {
    const known = this.#columns.findIndex((each, n) => this.#tables[n] === table && isSame(each, columns));
    if (known >= 0) return known;
    const relation = this.#relations.findIndex((each) => each.table === table && isSame(each.columns, columns));
    this.#columns.push(columns);
    this.#tables.push(table);
    return this.all.push(relation >= 0 ? relation : [table, ...columns]) - 1;
  }
}

function writtenValue(value: SentValue): WrittenValue {
  return value === unchanged ? UNCHANGED : value;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, n) => each === b[n]);
}

interface Shape {
  readonly table: string;
  readonly columns: readonly string[];
  readonly Row: ReturnType<typeof rowMaker<SentValue>>;
}

/**
 * Reads bodies. Keeps what makes rows of the same columns, so that all of them share one shape in memory. A table that is described as
 * it was last time is the same object. No I/O.
 */
export class BodyReader {
  readonly #relations = new Map<number, { readonly written: WrittenRelation; readonly relation: Relation }>();
  readonly #shapes = new Map<string, Shape>();
  /** Of rows that have all columns of their table. */
  readonly #wholeShapes = new WeakMap<Relation, Shape>();

  /** Throws FIG_TOPIC_FOREIGN on anything that `writeBody` did not write. */
  read(bytes: Buffer): EventBody {
    try {
      return this.#read(bytes.toString());
    } catch (error) {
      throw new FigError('FIG_TOPIC_FOREIGN', 'the topic holds a message that cannot be read', { cause: error });
    }
  }

  #read(text: string): EventBody {
    const body = JSON.parse(text) as Written;
    const relations = body.relations.map((written) => this.#relationOf(written));
    const shapes = body.shapes.map((shape) => this.#shapeOf(shape, relations));
    return {
      ...(body.xid !== undefined && { xid: body.xid }),
      ...(body.at !== undefined && { committedAtMs: body.at }),
      relations,
      changes: body.changes.map((change) => readChange(change, shapes)),
      messages: body.messages.map(([prefix, content, after]): LogicalMessage => ({
        prefix,
        content,
        ...(after !== undefined && { after }),
      })),
    };
  }

  #relationOf(written: WrittenRelation): Relation {
    const known = this.#relations.get(written[0]);
    if (known && isSameRelation(known.written, written)) return known.relation;
    const relation = readRelation(written);
    this.#relations.set(relation.oid, { written, relation });
    return relation;
  }

  #shapeOf(shown: WrittenShape, relations: readonly Relation[]): Shape {
    if (typeof shown !== 'number') return this.#shapeNamed(shown);
    const relation = relations[shown]!;
    let shape = this.#wholeShapes.get(relation);
    if (!shape) this.#wholeShapes.set(relation, (shape = this.#shapeNamed(namesOf(relation))));
    return shape;
  }

  #shapeNamed([table, ...columns]: readonly [table: string, ...columns: string[]]): Shape {
    const id = JSON.stringify([table, columns]);
    let shape = this.#shapes.get(id);
    if (!shape) this.#shapes.set(id, (shape = { table, columns, Row: rowMaker<SentValue>() }));
    return shape;
  }
}

function namesOf({ schema, table, columns }: Relation): [table: string, ...columns: string[]] {
  return [`${schema}.${table}`, ...columns.map(({ name }) => name)];
}

function isSameRelation(a: WrittenRelation, b: WrittenRelation): boolean {
  const [columns, others] = [a[4], b[4]];
  return (
    a[1] === b[1] &&
    a[2] === b[2] &&
    a[3] === b[3] &&
    columns.length === others.length &&
    columns.every((column, n) => column.every((part, m) => part === others[n]![m]))
  );
}

function readRelation([oid, schema, table, replicaIdentity, columns]: WrittenRelation): Relation {
  return {
    oid,
    schema,
    table,
    replicaIdentity,
    columns: columns.map(([name, isKey, typeOid, typeModifier]) => ({
      name,
      isKey: isKey === 1,
      typeOid,
      typeModifier,
    })),
  };
}

function readChange(change: WrittenChange, shapes: readonly Shape[]): Change {
  if (change[0] === 't') return { kind: 'truncate', tables: change.slice(1) };
  const shape = shapes[change[1]]!;
  const row = readRow(shape, change[2]);
  if (change[0] === 'i') return { kind: 'insert', table: shape.table, row };
  if (change[0] === 'd') return { kind: 'delete', table: shape.table, oldKey: row as RawRow };
  const [, , , oldShape, old] = change;
  const oldKey = oldShape === undefined ? undefined : (readRow(shapes[oldShape]!, old!) as RawRow);
  return { kind: 'update', table: shape.table, oldKey, row };
}

function readRow({ columns, Row }: Shape, values: readonly WrittenValue[]): SentRow {
  const row = new Row();
  for (let n = 0; n < columns.length; n += 1) {
    const value = values[n]!;
    row[columns[n]!] = value === UNCHANGED ? unchanged : value;
  }
  return row;
}
