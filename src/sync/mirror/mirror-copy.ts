import { DatabaseError } from 'pg';
import type { Knex } from 'knex';
import { conflictClause, quoteName, type TypedColumn } from '../postgres/bulk-upsert.ts';
import { copyIn } from '../postgres/copy.ts';
import { connectionOf } from '../postgres/statement.ts';

const UNIQUE_VIOLATION = '23505';
/** After a chunk that met rows of the stream the next ones probably will, too. */
const DETOURS_AFTER_CONFLICT = 16;

/**
 * Lands copied lines in a mirror table. Straight into it as long as none of their rows is there yet; rows that the stream
 * has brought already are replaced by way of a temporary table.
 */
export class MirrorCopy {
  readonly #table: string;
  readonly #names: readonly string[];
  readonly #key: readonly string[];
  #detours = 0;

  constructor(table: string, columns: readonly TypedColumn[], key: readonly string[]) {
    this.#table = table;
    this.#names = columns.map(({ name }) => quoteName(name));
    this.#key = key.map(quoteName);
  }

  async land(tx: Knex.Transaction, lines: Buffer): Promise<void> {
    if (lines.length === 0) return;
    if (this.#detours === 0 && (await this.#tryStraight(tx, lines))) return;
    this.#detours = this.#detours === 0 ? DETOURS_AFTER_CONFLICT : this.#detours - 1;
    await this.#detour(tx, lines);
  }

  /** False, and nothing done: some of the rows are there. */
  async #tryStraight(tx: Knex.Transaction, lines: Buffer): Promise<boolean> {
    const connection = await connectionOf(tx);
    await connection.query('SAVEPOINT straight');
    try {
      await copyIn(connection, `COPY ${this.#table} (${this.#names.join(', ')}) FROM STDIN`, lines);
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== UNIQUE_VIOLATION) throw error;
      await connection.query('ROLLBACK TO SAVEPOINT straight');
      return false;
    }
    await connection.query('RELEASE SAVEPOINT straight');
    return true;
  }

  async #detour(tx: Knex.Transaction, lines: Buffer): Promise<void> {
    const connection = await connectionOf(tx);
    const names = this.#names.join(', ');
    await connection.query(`CREATE TEMPORARY TABLE fig_copied (LIKE ${this.#table}) ON COMMIT DROP`);
    await copyIn(connection, `COPY fig_copied (${names}) FROM STDIN`, lines);
    await connection.query(
      `INSERT INTO ${this.#table} (${names}) SELECT ${names} FROM fig_copied ${conflictClause(this.#names, this.#key)}`,
    );
    // Not only at the commit: with care, one transaction lands its lines in several parts.
    await connection.query('DROP TABLE fig_copied');
  }
}
