import type { Knex } from 'knex';
import { connectionOf } from '../postgres/statement.ts';

const ROWS_AT_ONCE = 10_000;

export interface PluckQuery {
  readonly sql: string;
  readonly bindings: readonly unknown[];
  readonly column: string;
}

/** What `dirty` returned, when it is a query for one column on the transaction's connection that has not been sent yet. */
export function asPluck(found: unknown, tx: Knex.Transaction): PluckQuery | undefined {
  const query = found as Partial<Knex.QueryBuilder> & { client?: unknown };
  if (typeof query.toSQL !== 'function' || query.client !== tx.client) return undefined;
  const made = query.toSQL() as Knex.Sql & { method?: string; pluck?: string };
  if (made.method !== 'pluck' || made.pluck === undefined) return undefined;
  return { ...made.toNative(), column: made.pluck };
}

/** The values of a query, as knex would give them, but never all of very many. Nearly always it is asked once. */
export async function* pluckedPages(tx: Knex.Transaction, query: PluckQuery): AsyncGenerator<readonly unknown[]> {
  const { sql, bindings, column } = query;
  const connection = await connectionOf(tx);
  const pluck = ({ rows }: { readonly rows: readonly Record<string, unknown>[] }): unknown[] =>
    rows.map((row) => row[column]);
  const first = pluck(await connection.query(`SELECT * FROM (${sql}) AS d LIMIT ${ROWS_AT_ONCE + 1}`, [...bindings]));
  if (first.length <= ROWS_AT_ONCE) {
    yield first;
    return;
  }
  await connection.query(`DECLARE fig_plucked NO SCROLL CURSOR FOR ${sql}`, [...bindings]);
  for (;;) {
    const page = pluck(await connection.query(`FETCH ${ROWS_AT_ONCE} FROM fig_plucked`));
    if (page.length === 0) break;
    yield page;
  }
  await connection.query('CLOSE fig_plucked');
}
