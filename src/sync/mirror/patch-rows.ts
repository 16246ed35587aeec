import type { Knex } from 'knex';
import type { RawRow } from '../change.ts';
import { bulkUpdate, type TypedColumn } from '../postgres/bulk-upsert.ts';

/** Writes what is given of rows that a table has, and leaves their other columns where they are. Returns how many it has. */
export async function patchRows(
  tx: Knex.Transaction,
  table: string,
  columns: readonly TypedColumn[],
  rows: readonly RawRow[],
  key: readonly string[],
): Promise<number> {
  const byColumns = new Map<string, { given: readonly TypedColumn[]; rows: RawRow[] }>();
  for (const row of rows) {
    const given = columns.filter(({ name }) => row[name] !== undefined);
    const text = JSON.stringify(given.map(({ name }) => name));
    const group = byColumns.get(text);
    if (group) group.rows.push(row);
    else byColumns.set(text, { given, rows: [row] });
  }
  let found = 0;
  for (const group of byColumns.values()) found += await bulkUpdate(tx, table, group.given, group.rows, key);
  return found;
}
