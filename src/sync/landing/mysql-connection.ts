import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise';

const ANSWER_BUDGET_MS = 2_000;

/** A reading account of a MySQL or MariaDB server. */
export interface MysqlConnection extends AsyncDisposable {
  /** Name of the database in the URL. */
  readonly database: string;
  /** Values as text. Rejects when the server does not answer within two seconds. */
  rows(sql: string, values?: readonly string[]): Promise<readonly Readonly<Record<string, string | null>>[]>;
}

/** `url`: `mysql://user:password@host:3306/database`. Connects when first asked. */
export function openMysql(url: string): MysqlConnection {
  const pool: Pool = createPool({
    uri: url.replace(/^mariadb:/, 'mysql:'),
    connectionLimit: 2,
    connectTimeout: ANSWER_BUDGET_MS,
    enableKeepAlive: true,
    typeCast: (field) => field.string(),
  });
  return {
    database: decodeURIComponent(new URL(url).pathname.slice(1)),
    rows: async (sql, values = []) => {
      const [rows] = await pool.query<RowDataPacket[]>({ sql, timeout: ANSWER_BUDGET_MS }, [...values]);
      return rows;
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}
