import { FigError } from '../../kernel/fig-error.ts';
import type { Position, SourcePosition } from '../../kernel/position.ts';
import { NextQuery } from '../next-query.ts';
import { mariadbGtidPosition, mysqlGtidCount } from '../kafka/debezium/binlog-position.ts';
import { type MysqlConnection, openMysql } from './mysql-connection.ts';

/** Reads how far the binary log of a MySQL or MariaDB server is, as the number of its last transaction. */
export class MysqlSourcePosition implements SourcePosition, AsyncDisposable {
  readonly #connection: MysqlConnection;
  #isMariadb: boolean | undefined;
  readonly #queries = new NextQuery(() => this.#ask());

  constructor(url: string) {
    this.#connection = openMysql(url);
  }

  read(): Promise<Position> {
    return this.#queries.ask();
  }

  /** Every transaction of the server passes the connector, so there is nothing to ask for; and we may only read. */
  nudge(): void {}

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  async #ask(): Promise<Position> {
    this.#isMariadb ??= await isMariadb(this.#connection);
    return readGtidPosition(this.#connection, this.#isMariadb);
  }
}

export async function isMariadb(connection: MysqlConnection): Promise<boolean> {
  const [row] = await connection.rows('SELECT version() AS version');
  return /mariadb/i.test(row?.['version'] ?? '');
}

/** Throws FIG_DEBEZIUM_SETTING where the server writes no GTIDs, or in several domains. */
export async function readGtidPosition(connection: MysqlConnection, mariadb: boolean): Promise<Position> {
  const sql = mariadb ? 'SELECT @@gtid_binlog_pos AS at' : 'SELECT @@global.gtid_executed AS at';
  const [row] = await connection.rows(sql);
  const text = row?.['at'] ?? '';
  if (text === '') {
    throw new FigError('FIG_DEBEZIUM_SETTING', 'the legacy server has no GTID of a transaction', {
      remedy: 'Switch its binary log on, for MySQL with gtid_mode=ON, and write one row.',
    });
  }
  return mariadb ? mariadbGtidPosition(text) : mysqlGtidCount(text);
}
