import type { Position, SourcePosition } from '../../kernel/position.ts';
import { NextQuery } from '../next-query.ts';
import { type MysqlConnection, openMysql } from './mysql-connection.ts';
import { MysqlServer } from './mysql-server.ts';

/** Reads how far the binary log of a MySQL or MariaDB server is, as the number of its last transaction. */
export class MysqlSourcePosition implements SourcePosition, AsyncDisposable {
  readonly #connection: MysqlConnection;
  readonly #server: MysqlServer;
  readonly #queries = new NextQuery(() => this.#server.position());

  constructor(url: string) {
    this.#connection = openMysql(url);
    this.#server = new MysqlServer(this.#connection);
  }

  read(): Promise<Position> {
    return this.#queries.ask();
  }

  /** Every transaction of the server passes the connector, so there is nothing to ask for; and we may only read. */
  nudge(): void {}

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }
}
