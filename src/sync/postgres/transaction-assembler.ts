import { FigError } from '../../kernel/fig-error.ts';
import type { Position } from '../../kernel/position.ts';
import type { Change, LogicalMessage, RawRow, SentRow, SourceTransaction } from '../change.ts';
import { rowMaker } from '../row-shape.ts';
import { type PgoutputMessage, type Relation, type SentValue, unchanged } from './pgoutput-messages.ts';

interface OpenTransaction {
  readonly xid: number;
  readonly changes: Change[];
  readonly messages: LogicalMessage[];
}

/** Puts decoded messages together to whole transactions. No I/O. */
export class TransactionAssembler {
  readonly #relations = new Map<number, Relation>();
  #open: OpenTransaction | undefined;

  /** Whether a transaction has begun and not ended: positions seen now say nothing about it. */
  get inTransaction(): boolean {
    return this.#open !== undefined;
  }

  /** Returns the transaction that this message completes. */
  push(message: PgoutputMessage): SourceTransaction | undefined {
    switch (message.type) {
      case 'begin':
        this.#open = { xid: message.xid, changes: [], messages: [] };
        return undefined;
      case 'commit':
        return this.#close(message.endLsn, message.committedAtMs);
      case 'relation':
        this.#relations.set(message.relation.oid, message.relation);
        return undefined;
      case 'message':
        // A message outside a transaction has no place in the order of commits; ours are all transactional.
        if (message.transactional) {
          this.#current().messages.push({ prefix: message.prefix, content: message.content.toString('utf8') });
        }
        return undefined;
      case 'origin':
      case 'type':
        return undefined;
      default:
        this.#current().changes.push(this.#change(message));
        return undefined;
    }
  }

  #change(message: Extract<PgoutputMessage, { type: 'insert' | 'update' | 'delete' | 'truncate' }>): Change {
    if (message.type === 'truncate') {
      return { kind: 'truncate', tables: message.relationOids.map((oid) => nameOf(this.#relation(oid))) };
    }
    const relation = this.#relation(message.relationOid);
    const table = nameOf(relation);
    if (message.type === 'insert') return { kind: 'insert', table, row: rowOf(relation, message.row) };
    if (message.type === 'delete') return { kind: 'delete', table, oldKey: keyOf(relation, message.old) };
    return {
      kind: 'update',
      table,
      oldKey: message.old && keyOf(relation, message.old),
      row: rowOf(relation, message.row),
    };
  }

  #relation(oid: number): Relation {
    const relation = this.#relations.get(oid);
    if (!relation) throw new FigError('FIG_REPLICATION_PROTOCOL', `a change came for the unknown relation ${oid}`);
    return relation;
  }

  #current(): OpenTransaction {
    if (!this.#open) throw new FigError('FIG_REPLICATION_PROTOCOL', 'a change came outside a transaction');
    return this.#open;
  }

  #close(endPosition: Position, committedAtMs: number): SourceTransaction {
    const open = this.#current();
    this.#open = undefined;
    return { ...open, endPosition, committedAtMs };
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

function rowOf(relation: Relation, values: readonly SentValue[]): SentRow {
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
