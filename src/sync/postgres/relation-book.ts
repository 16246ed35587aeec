import { FigError } from '../../kernel/fig-error.ts';
import type { Change, RawRow, SentRow } from '../change.ts';
import { rowMaker } from './row-shape.ts';
import { type PgoutputMessage, type Relation, type SentValue, unchanged } from './pgoutput-messages.ts';

export type RowMessage = Extract<PgoutputMessage, { type: 'insert' | 'update' | 'delete' | 'truncate' }>;

/** The tables as the server last described them, by which rows are read. No I/O. */
export class RelationBook {
  readonly #relations: Map<number, Relation>;

  constructor(relations: Iterable<readonly [number, Relation]> = []) {
    this.#relations = new Map(relations);
  }

  learn(relation: Relation): void {
    this.#relations.set(relation.oid, relation);
  }

  /** Takes over what another book knows. */
  learnAll(other: RelationBook): void {
    for (const relation of other.#relations.values()) this.learn(relation);
  }

  copy(): RelationBook {
    return new RelationBook(this.#relations);
  }

  changeOf(message: RowMessage): Change {
    if (message.type === 'truncate') {
      return { kind: 'truncate', tables: message.relationOids.map((oid) => nameOf(this.#relation(oid))) };
    }
    const relation = this.#relation(message.relationOid);
    const table = nameOf(relation);
    if (message.type === 'insert') return { kind: 'insert', table, row: rowOf(relation, message.row) };
    if (message.type === 'delete') return { kind: 'delete', table, oldKey: keyOf(relation, message.old) };
    const oldKey = message.old && keyOf(relation, message.old);
    const row = rowOf(relation, message.row);
    return { kind: 'update', table, oldKey, row: oldKey ? filled(row, oldKey) : row };
  }

  #relation(oid: number): Relation {
    const relation = this.#relations.get(oid);
    if (!relation) throw new FigError('FIG_REPLICATION_PROTOCOL', `a change came for the unknown relation ${oid}`);
    return relation;
  }
}

function nameOf(relation: Relation): string {
  return shapeOf(relation).name;
}

interface Shape {
  readonly name: string;
  readonly Row: ReturnType<typeof rowMaker<SentValue>>;
}

const shapes = new WeakMap<Relation, Shape>();

/** What is made once for all rows of a relation. */
function shapeOf(relation: Relation): Shape {
  let shape = shapes.get(relation);
  if (!shape) {
    shape = { name: `${relation.schema}.${relation.table}`, Row: rowMaker<SentValue>() };
    shapes.set(relation, shape);
  }
  return shape;
}

/**
 * A large value that did not change is left out of the new row also where it belongs to the key, or where the whole old row
 * is sent; the old one has it then.
 */
function filled(row: Record<string, SentValue>, old: RawRow): SentRow {
  for (const [column, value] of Object.entries(old)) if (row[column] === unchanged) row[column] = value;
  return row;
}

function rowOf(relation: Relation, values: readonly SentValue[]): Record<string, SentValue> {
  const row = new (shapeOf(relation).Row)();
  const { columns } = relation;
  for (let i = 0; i < columns.length; i += 1) row[columns[i]!.name] = values[i] ?? null;
  return row;
}

/** Only the key columns: without full replica identity the others of an old row are not known, just sent as null. */
function keyOf(relation: Relation, values: readonly SentValue[]): RawRow {
  const key: Record<string, string | null> = Object.create(null) as Record<string, string | null>;
  relation.columns.forEach((column, i) => {
    const value = values[i] ?? null;
    if ((column.isKey || relation.replicaIdentity === 'f') && value !== unchanged) key[column.name] = value;
  });
  return key;
}
