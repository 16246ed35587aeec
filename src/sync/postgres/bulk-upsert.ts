import type { Knex } from 'knex';
import { runStatement } from './statement.ts';
import { elementType, textArray } from './text-array.ts';

export interface TypedColumn {
  readonly name: string;
  readonly type: string;
}

/** Rows of one statement; the parameters are arrays, so their number does not grow with it. */
const ROWS_PER_STATEMENT = 2_000;

/** One identifier. A dot in it is part of it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Writes rows given as text values, each read as its column's type by PostgreSQL. With `key` an existing row is
 * replaced, without it a second row of the same key is an error.
 */
export async function bulkWrite(
  tx: Knex.Transaction,
  table: string,
  columns: readonly TypedColumn[],
  rows: readonly Readonly<Record<string, string | null>>[],
  key?: readonly string[],
): Promise<void> {
  const names = columns.map(({ name }) => quoteName(name));
  const conflict = key ? conflictClause(names, key.map(quoteName)) : '';
  const given = unnest(columns);
  const text = `INSERT INTO ${table} (${names.join(', ')}) SELECT ${given.casts} FROM ${given.from} ${conflict}`;
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
    const slice = rows.slice(start, start + ROWS_PER_STATEMENT);
    const values = columns.map(({ name }) => textArray(slice.map((row) => row[name] ?? null)));
    await runStatement(tx, text, values);
  }
}

/** Writes these columns of rows that are there; returns how many are. */
export async function bulkUpdate(
  tx: Knex.Transaction,
  table: string,
  columns: readonly TypedColumn[],
  rows: readonly Readonly<Record<string, string | null>>[],
  key: readonly string[],
): Promise<number> {
  const others = columns.filter(({ name }) => !key.includes(name)).map(({ name }) => quoteName(name));
  // Without others it is only asked how many are there.
  const sets = (others.length > 0 ? others : key.slice(0, 1).map(quoteName)).map((name) => `${name} = f.${name}`);
  const same = key.map((name) => `t.${quoteName(name)} = f.${quoteName(name)}`).join(' AND ');
  const given = unnest(columns);
  const names = columns.map(({ name }) => quoteName(name)).join(', ');
  const text = `UPDATE ${table} AS t SET ${sets.join(', ')} FROM (SELECT ${given.casts} FROM ${given.from}) AS f(${names}) WHERE ${same}`;
  let found = 0;
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
    const slice = rows.slice(start, start + ROWS_PER_STATEMENT);
    const values = columns.map(({ name }) => textArray(slice.map((row) => row[name] ?? null)));
    found += (await runStatement(tx, text, values)).rowCount ?? 0;
  }
  return found;
}

export function conflictClause(names: readonly string[], key: readonly string[]): string {
  const others = names.filter((name) => !key.includes(name));
  if (others.length === 0) return `ON CONFLICT (${key.join(', ')}) DO NOTHING`;
  const sets = others.map((name) => `${name} = EXCLUDED.${name}`).join(', ');
  return `ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${sets}`;
}

/** `(a, b) IN (the given keys)` as a condition on arrays, for any number of keys. */
export function keyFilter(
  columns: readonly TypedColumn[],
  keys: readonly (readonly string[])[],
): { sql: string; values: readonly string[] } {
  const given = unnest(columns);
  const names = columns.map(({ name }) => quoteName(name)).join(', ');
  const values = columns.map((_, i) => textArray(keys.map((key) => key[i]!)));
  return { sql: `(${names}) IN (SELECT ${given.casts} FROM ${given.from})`, values };
}

/** Selects the numbers `n`, from 1 on, of those keys that do not come after `last`. */
export function keysNotBehind(
  columns: readonly TypedColumn[],
  keys: readonly (readonly string[])[],
  last: readonly string[],
): { sql: string; values: readonly string[] } {
  const given = unnest(columns, ' WITH ORDINALITY');
  const bound = columns.map(({ type }, i) => `$${columns.length + i + 1}::text::${type}`).join(', ');
  const values = [...columns.map((_, i) => textArray(keys.map((key) => key[i]!))), ...last];
  return { sql: `SELECT v.n::int AS n FROM ${given.from} WHERE (${given.casts}) <= (${bound})`, values };
}

/** The rows that arrays, one for each column, make up; if asked for, with their numbers `n`. */
function unnest(
  columns: readonly TypedColumn[],
  numbered: '' | ' WITH ORDINALITY' = '',
): { casts: string; from: string } {
  const arrays = columns.map(({ type }, i) => `$${i + 1}::${elementType(type)}[]`).join(', ');
  const aliases = columns.map((_, i) => `c${i}`).join(', ');
  return {
    casts: columns.map(({ type }, i) => `v.c${i}::${type}`).join(', '),
    from: `unnest(${arrays})${numbered} AS v(${aliases}${numbered && ', n'})`,
  };
}
