import type { Change, RawRow, SentRow } from '../change.ts';
import { unchanged } from '../postgres/pgoutput-messages.ts';

/** What a batch leaves of one key: gone, or these values. */
export type NetChange =
  | { readonly kind: 'delete'; readonly key: readonly string[] }
  | {
      readonly kind: 'upsert';
      readonly values: SentRow;
      /** Row with the key whose stored row supplies the values that were not sent. */
      readonly base: SentRow;
      /** The batch inserts it, and did nothing to its key before: no row of this key is stored. */
      readonly inserted: boolean;
    };

export interface NetTable {
  /** The table was emptied in this batch, before these changes. */
  truncated: boolean;
  /** By key text, see `keyText`. */
  readonly changes: Map<string, NetChange>;
}

/** A text that is equal exactly for equal keys. */
export function keyText(row: SentRow, key: readonly string[]): string {
  return key.length === 1 ? keyValue(row, key[0]!) : textOfKey(keyValues(row, key));
}

/** The same of a key's values. */
export function textOfKey(values: readonly string[]): string {
  return values.length === 1 ? values[0]! : JSON.stringify(values);
}

/** The values of such a text; how many is not always to be seen from it. */
export function keyOfText(text: string, columns: number): readonly string[] {
  return columns === 1 ? [text] : (JSON.parse(text) as string[]);
}

export function keyValue(row: SentRow, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new TypeError(`the key column ${column} of a change has no value`);
  return value;
}

export function keyValues(row: SentRow, key: readonly string[]): readonly string[] {
  return key.map((column) => keyValue(row, column));
}

/** Rows that are to be as given, and keys that are to be gone. */
export function netOfRows(
  rows: readonly RawRow[],
  gone: readonly (readonly string[])[],
  key: readonly string[],
): NetTable {
  const net: NetTable = { truncated: false, changes: new Map() };
  for (const values of gone) net.changes.set(textOfKey(values), { kind: 'delete', key: values });
  for (const row of rows) {
    net.changes.set(keyText(row, key), { kind: 'upsert', values: row, base: row, inserted: false });
  }
  return net;
}

/**
 * The net effect of changes in commit order, per table and key. `keys` gives each table's key columns; changes of
 * other tables are left out.
 */
export function collapseChanges(
  changes: Iterable<Change>,
  keys: ReadonlyMap<string, readonly string[]>,
): Map<string, NetTable> {
  const tables = new Map<string, NetTable>();
  const tableOf = (name: string): NetTable => {
    const known = tables.get(name);
    if (known) return known;
    const made: NetTable = { truncated: false, changes: new Map() };
    tables.set(name, made);
    return made;
  };
  for (const change of changes) {
    if (change.kind === 'truncate') {
      for (const name of change.tables.filter((table) => keys.has(table))) {
        const table = tableOf(name);
        table.truncated = true;
        table.changes.clear();
      }
      continue;
    }
    const key = keys.get(change.table);
    if (key) collapseRow(tableOf(change.table).changes, change, key);
  }
  return tables;
}

function collapseRow(
  net: Map<string, NetChange>,
  change: Exclude<Change, { kind: 'truncate' }>,
  key: readonly string[],
): void {
  if (change.kind === 'delete') {
    net.set(keyText(change.oldKey, key), { kind: 'delete', key: keyValues(change.oldKey, key) });
    return;
  }
  const text = keyText(change.row, key);
  if (change.kind === 'insert') {
    net.set(text, { kind: 'upsert', values: change.row, base: change.row, inserted: !net.has(text) });
    return;
  }
  const oldText = change.oldKey ? keyText(change.oldKey, key) : text;
  const before = net.get(oldText);
  const earlier = before?.kind === 'upsert' ? before : undefined;
  const moved = oldText !== text;
  if (moved) net.set(oldText, { kind: 'delete', key: keyValues(change.oldKey!, key) });
  net.set(text, {
    kind: 'upsert',
    values: earlier ? mergeRows(earlier.values, change.row) : change.row,
    base: earlier?.base ?? change.oldKey ?? change.row,
    inserted: !moved && earlier?.inserted === true,
  });
}

/** What two updates of a row say together. */
export function mergeRows(earlier: SentRow, later: SentRow): SentRow {
  if (!Object.values(later).includes(unchanged)) return later;
  const merged: Record<string, SentRow[string]> = Object.assign(Object.create(null), earlier) as Record<
    string,
    SentRow[string]
  >;
  for (const [column, value] of Object.entries(later)) {
    if (value !== unchanged) merged[column] = value;
  }
  return merged;
}
