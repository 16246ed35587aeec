import type { PrintedRows } from '../projection/read-model-table.ts';

// Nothing here does I/O.

export interface KeyDifference {
  readonly key: string;
  /** `missing`: built, not stored. `extra`: stored, not built. */
  readonly kind: 'missing' | 'extra' | 'different';
  /** Those in which the rows differ; empty unless there is one row on each side. */
  readonly columns: readonly string[];
}

/** Where the rows that are stored differ from those that a build gives now. The order of rows of one key does not count. */
export function compareRows(keyColumn: string, built: PrintedRows, stored: PrintedRows): readonly KeyDifference[] {
  const [ours, theirs] = [byKey(keyColumn, built), byKey(keyColumn, stored)];
  const differences: KeyDifference[] = [];
  for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
    const [fresh = [], kept = []] = [ours.get(key), theirs.get(key)];
    if (fresh.length === 0) differences.push({ key, kind: 'extra', columns: [] });
    else if (kept.length === 0) differences.push({ key, kind: 'missing', columns: [] });
    else if (!isSame(fresh, kept)) differences.push({ key, kind: 'different', columns: columnsOf(built, fresh, kept) });
  }
  return differences;
}

type Rows = PrintedRows['rows'];

function byKey(keyColumn: string, { columns, rows }: PrintedRows): Map<string, Rows> {
  const at = columns.indexOf(keyColumn);
  const groups = new Map<string, Rows[number][]>();
  for (const row of rows) {
    const key = row[at] ?? '';
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

function isSame(a: Rows, b: Rows): boolean {
  const texts = (rows: Rows): string => JSON.stringify(rows.map((row) => JSON.stringify(row)).toSorted());
  return texts(a) === texts(b);
}

function columnsOf({ columns }: PrintedRows, [a, ...more]: Rows, [b, ...others]: Rows): readonly string[] {
  if (a === undefined || b === undefined || more.length > 0 || others.length > 0) return [];
  return columns.filter((_, i) => a[i] !== b[i]);
}
