import type { Client } from 'pg';
import type { RawRow } from '../../change.ts';
import { quoteName } from '../../postgres/bulk-upsert.ts';
import type { SourceTable } from '../../postgres/catalog.ts';

/** More rows than a page of any size has. */
const MOST_ON_A_PAGE = 1_200;

/**
 * Keys of the rows that a transaction put into the page of a row of its: those that one record of the log can have with it. Undefined:
 * that row is no longer as the transaction left it, or not of it, so that its page is not known. Rows that were changed since are
 * left out; what changed them tells of them.
 */
export async function rowsBeside(
  client: Client,
  { schema, table, primaryKey }: Pick<SourceTable, 'schema' | 'table' | 'primaryKey'>,
  { key, xid }: { readonly key: RawRow; readonly xid: string },
): Promise<readonly RawRow[] | undefined> {
  const name = `${quoteName(schema)}.${quoteName(table)}`;
  const isIt = primaryKey.map((column, n) => `${quoteName(column)} = $${n + 1}`).join(' AND ');
  const found = await client.query<{ part: string; page: string; xid: string }>(
    `SELECT tableoid::text AS part, split_part(trim('(' FROM ctid::text), ',', 1) AS page, xmin::text AS xid FROM ${name} WHERE ${isIt}`,
    primaryKey.map((column) => key[column]),
  );
  const row = found.rows[0];
  if (found.rows.length !== 1 || row?.xid !== xid) return undefined;
  const columns = primaryKey.map((column) => `${quoteName(column)}::text AS ${quoteName(column)}`).join(', ');
  const { rows } = await client.query<RawRow>(
    `SELECT ${columns} FROM ${name} WHERE tableoid = $1::oid AND xmin::text = $3 AND ctid = ANY (ARRAY(
       SELECT format('(%s,%s)', $2::text, n)::tid FROM generate_series(1, ${MOST_ON_A_PAGE}) n))`,
    [row.part, row.page, xid],
  );
  return rows;
}
