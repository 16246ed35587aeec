import type { FigError } from '../../kernel/fig-error.ts';
import { isObject } from '../kafka/debezium/connect-message.ts';
import type { BinlogPlace } from '../kafka/debezium/snapshot-mark.ts';
import { tableChanged } from './judge-columns.ts';
import type { LandedTable } from './mysql-catalog.ts';

/** A statement that changed tables, as a connector tells it on the topic that is named after its prefix. */
export interface SchemaChange {
  readonly ddl: string;
  /** Undefined: a snapshot tells what there is. */
  readonly place: BinlogPlace | undefined;
  readonly tables: readonly {
    readonly type: string;
    readonly name: string;
    /** Undefined where the table is gone. */
    readonly columns: readonly string[] | undefined;
  }[];
}

/** Pure. Undefined: it is no such message (Debezium 2.6 and 3.3, "Schema change topic"). */
export function readSchemaChange(payload: unknown): SchemaChange | undefined {
  if (!isObject(payload) || !isObject(payload['source']) || typeof payload['ddl'] !== 'string') return undefined;
  const { snapshot, file, pos } = payload['source'];
  const isOfSnapshot = !['false', undefined, null, false].includes(snapshot as string);
  const changes: unknown = payload['tableChanges'];
  const tables = (Array.isArray(changes) ? changes : []).flatMap((change: unknown) => {
    if (!isObject(change) || typeof change['id'] !== 'string') return [];
    const name = change['id'].split('"').at(-2) ?? change['id'];
    const table = change['table'];
    const columns = isObject(table) && Array.isArray(table['columns']) ? namesOf(table['columns']) : undefined;
    return [{ type: String(change['type']), name, columns }];
  });
  const isPlaced = !isOfSnapshot && typeof file === 'string' && typeof pos === 'number';
  return { ddl: payload['ddl'], place: isPlaced ? { file, offset: BigInt(pos) } : undefined, tables };
}

/**
 * Pure: how legacy went away from what has landed; undefined: it did not. A table that is dropped, or takes another's name,
 * changes its rows without a message for a single one of them. Columns that come are no matter.
 */
export function judgeDdl({ ddl, tables }: SchemaChange, landed: readonly LandedTable[]): FigError | undefined {
  for (const { name, columns } of landed) {
    if (isRename(ddl) && mentions(ddl, name))
      return tableChanged(name, `it was renamed, or another one to it: ${shown(ddl)}`);
    for (const changed of tables) {
      if (changed.name !== name) continue;
      if (changed.type === 'DROP') return tableChanged(name, `it was dropped: ${shown(ddl)}`);
      const gone = changed.columns && columns.find((column) => !changed.columns!.includes(column.name));
      if (gone) return tableChanged(name, `its column ${gone.name} is gone: ${shown(ddl)}`);
    }
  }
  return undefined;
}

function isRename(ddl: string): boolean {
  return (
    /\brename\s+tables?\b/i.test(ddl) ||
    (/\balter\b/i.test(ddl) && /\brename\b(?!\s+(?:column|index|key)\b)/i.test(ddl))
  );
}

function mentions(ddl: string, name: string): boolean {
  return ddl.split(/[^\p{L}\p{N}_$-]+/u).some((word) => word.toLowerCase() === name.toLowerCase());
}

function shown(ddl: string): string {
  const line = ddl.replaceAll(/\s+/g, ' ').trim();
  return line.length > 80 ? `${line.slice(0, 80)}...` : line;
}

function namesOf(columns: readonly unknown[]): readonly string[] {
  return columns.flatMap((column) => (isObject(column) && typeof column['name'] === 'string' ? [column['name']] : []));
}
