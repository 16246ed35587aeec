import { FigError } from '../../kernel/fig-error.ts';
import type { SourceColumn } from '../postgres/catalog.ts';
import { mysqlColumn } from './mysql-column.ts';
import type { MysqlConnection } from './mysql-connection.ts';

/** A legacy table as it is to be had in the landing database. */
export interface LandedTable {
  /** In the legacy database, and in `public` of the landing database. */
  readonly name: string;
  readonly columns: readonly SourceColumn[];
  /** Columns of the primary key, in its order. */
  readonly key: readonly string[];
}

/** Throws FIG_PREFLIGHT_REFUSED for a table that is not there, or has no primary key. */
export async function describeMysqlTable(connection: MysqlConnection, name: string): Promise<LandedTable> {
  const place = [connection.database, name];
  const columns = await connection.rows(
    `SELECT COLUMN_NAME AS name, COLUMN_TYPE AS type, EXTRA AS extra FROM information_schema.COLUMNS
      WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`,
    place,
  );
  const key = await connection.rows(
    `SELECT COLUMN_NAME AS name FROM information_schema.KEY_COLUMN_USAGE
      WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND CONSTRAINT_NAME = 'PRIMARY' ORDER BY ORDINAL_POSITION`,
    place,
  );
  if (columns.length === 0) throw refused(`the legacy table ${place.join('.')} is not there, or may not be seen`);
  if (key.length === 0) throw refused(`the legacy table ${place.join('.')} has no primary key`);
  return {
    name,
    // The binary log holds the values of stored generated columns, and nothing of virtual ones.
    columns: columns
      .filter(({ extra }) => !/virtual/i.test(extra ?? ''))
      .map((column) => mysqlColumn(column['name']!, column['type']!)),
    key: key.map((column) => column['name']!),
  };
}

function refused(message: string): FigError {
  return new FigError('FIG_PREFLIGHT_REFUSED', message, {
    remedy: 'Give fig’s account SELECT on the tables that read models are made from; each needs a primary key.',
  });
}
