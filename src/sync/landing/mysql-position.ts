import type { Position, SourcePosition } from '../../kernel/position.ts';
import { type MysqlConnection, openMysql } from './mysql-connection.ts';
import { MysqlServer } from './mysql-server.ts';

/**
 * Reads how far the binary log of a MySQL or MariaDB server is, as the number of its last transaction. Callers that ask while
 * a query runs share the next one, which starts after they asked.
 */
export class MysqlSourcePosition implements SourcePosition, AsyncDisposable {
  readonly #connection: MysqlConnection;
  readonly #server: MysqlServer;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<Position> | undefined;

  constructor(url: string) {
    this.#connection = openMysql(url);
    this.#server = new MysqlServer(this.#connection);
  }

  read(): Promise<Position> {
    this.#next ??= this.#running.then(
      () => this.#query(),
      () => this.#query(),
    );
    return this.#next;
  }

  /** Every transaction of the server passes the connector, so there is nothing to ask for; and we may only read. */
  nudge(): void {}

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  #query(): Promise<Position> {
    // From here on new callers need a query of their own: this one may read before they asked.
    this.#next = undefined;
    const answer = this.#server.position();
    this.#running = answer;
    return answer;
  }
}
