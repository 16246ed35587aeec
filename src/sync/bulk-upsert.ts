import type { Knex } from 'knex';

export interface TypedColumn {
  readonly name: string;
  readonly type: string;
}

/** Rows of one statement; the parameters are arrays, so their number does not grow with it. */
const ROWS_PER_STATEMENT = 2_000;

export function quoteName(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');
}

/**
 * Writes rows given as text values, each cast to its column's type by PostgreSQL. With `key` an existing row is
 * replaced, without it a second row of the same key is an error.
 */
export async function bulkWrite(
  tx: Knex.Transaction,
  table: string,
  columns: readonly TypedColumn[],
  rows: readonly Readonly<Record<string, string | null>>[],
  key?: readonly string[],
): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
    const slice = rows.slice(start, start + ROWS_PER_STATEMENT);
    const names = columns.map(({ name }) => quoteName(name));
    const casts = columns.map(({ type }, i) => `v.c${i}::${type}`).join(', ');
    const arrays = columns.map(() => '?::text[]').join(', ');
    const aliases = columns.map((_, i) => `c${i}`).join(', ');
    const conflict = key ? conflictClause(names, key.map(quoteName)) : '';
    await tx.raw(
      `INSERT INTO ${table} (${names.join(', ')}) SELECT ${casts} FROM unnest(${arrays}) AS v(${aliases}) ${conflict}`,
      columns.map(({ name }) => slice.map((row) => row[name] ?? null)) as never,
    );
  }
}

function conflictClause(names: readonly string[], key: readonly string[]): string {
  const others = names.filter((name) => !key.includes(name));
  if (others.length === 0) return `ON CONFLICT (${key.join(', ')}) DO NOTHING`;
  const sets = others.map((name) => `${name} = EXCLUDED.${name}`).join(', ');
  return `ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${sets}`;
}

/** `(a, b) IN (the given keys)` as a join condition on typed arrays, for any number of keys. */
export function keyFilter(
  columns: readonly TypedColumn[],
  keys: readonly (readonly string[])[],
): { sql: string; bindings: readonly (readonly string[])[] } {
  const names = columns.map(({ name }) => quoteName(name)).join(', ');
  const casts = columns.map(({ type }, i) => `k.c${i}::${type}`).join(', ');
  const arrays = columns.map(() => '?::text[]').join(', ');
  const aliases = columns.map((_, i) => `c${i}`).join(', ');
  return {
    sql: `(${names}) IN (SELECT ${casts} FROM unnest(${arrays}) AS k(${aliases}))`,
    bindings: columns.map((_, i) => keys.map((key) => key[i]!)),
  };
}
