import { createRequire } from 'node:module';
import type * as Mysql from 'mysql2/promise';

const ANSWER_BUDGET_MS = 2_000;
const require = createRequire(import.meta.url);

/** A reading account of a MySQL or MariaDB server. */
export interface MysqlConnection extends AsyncDisposable {
  /** Name of the database in the URL. */
  readonly database: string;
  /** Values as text. Rejects when the server does not answer within two seconds. */
  rows(sql: string, values?: readonly string[]): Promise<readonly Readonly<Record<string, string | null>>[]>;
}

/** `url`: `mysql://user:password@host:3306/database`. Connects when first asked. */
export function openMysql(url: string): MysqlConnection {
  // Loaded here, so that a process that asks no such server starts sooner.
  const { createPool } = require('mysql2/promise') as typeof Mysql;
  const pool = createPool({
    uri: url.replace(/^mariadb:/, 'mysql:'),
    connectionLimit: 2,
    connectTimeout: ANSWER_BUDGET_MS,
    enableKeepAlive: true,
    typeCast: (field) => field.string(),
  });
  return {
    database: decodeURIComponent(new URL(url).pathname.slice(1)),
    rows: async (sql, values = []) => {
      const [rows] = await pool.query<Mysql.RowDataPacket[]>({ sql, timeout: ANSWER_BUDGET_MS }, [...values]);
      return rows;
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}
