import type { Knex } from 'knex';
import { quoteName, type TypedColumn } from '../postgres/bulk-upsert.ts';
import { copyIn } from '../postgres/copy.ts';
import { connectionOf } from '../postgres/statement.ts';

/** Puts values of copied lines, which have some columns only, into rows that the table has; other rows are left out. */
export async function fillColumns(
  tx: Knex.Transaction,
  table: string,
  columns: readonly TypedColumn[],
  key: readonly string[],
  lines: Buffer,
): Promise<void> {
  if (lines.length === 0) return;
  const connection = await connectionOf(tx);
  const sets = columns
    .filter(({ name }) => !key.includes(name))
    .map(({ name }) => `${quoteName(name)} = f.${quoteName(name)}`);
  const same = key.map((name) => `t.${quoteName(name)} = f.${quoteName(name)}`);
  const typed = columns.map(({ name, type }) => `${quoteName(name)} ${type}`);
  await connection.query(`CREATE TEMPORARY TABLE fig_filled (${typed.join(', ')}) ON COMMIT DROP`);
  await copyIn(connection, 'COPY fig_filled FROM STDIN', lines);
  await connection.query('ANALYZE fig_filled');
  await connection.query(
    `UPDATE ${table} AS t SET ${sets.join(', ')} FROM fig_filled AS f WHERE ${same.join(' AND ')}`,
  );
  // Not only at the commit: with care, one transaction lands its lines in several parts.
  await connection.query('DROP TABLE fig_filled');
}
