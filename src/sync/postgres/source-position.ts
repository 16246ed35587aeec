import { Pool } from 'pg';
import type { Log } from '../../kernel/log.ts';
import { describeError } from '../../kernel/fig-error.ts';
import { parsePosition, type Position, type SourcePosition } from '../../kernel/position.ts';
import { NextQuery } from '../next-query.ts';

/** Prefix of every logical message that we write into the legacy database's log. */
export const messagePrefix = 'strangler-fig';

const QUERY_BUDGET_MS = 2_000;

/** Reads where the legacy database's log is. One connection serves any number of callers, and every answer is late enough. */
export class PostgresSourcePosition implements SourcePosition, AsyncDisposable {
  readonly #pool: Pool;
  readonly #log: Log;
  readonly #queries = new NextQuery(() => this.#query());
  #nudging = false;

  constructor(url: string, log: Log) {
    this.#log = log;
    this.#pool = new Pool({
      connectionString: url,
      max: 2,
      application_name: 'fig position',
      query_timeout: QUERY_BUDGET_MS,
      connectionTimeoutMillis: QUERY_BUDGET_MS,
    });
    this.#pool.on('error', (error) => log.warn({ error: describeError(error) }, 'the position connection broke'));
  }

  read(): Promise<Position> {
    return this.#queries.ask();
  }

  nudge(): void {
    if (this.#nudging) return;
    this.#nudging = true;
    // A transactional message is flushed at its commit, so the server decodes and sends everything up to it at once.
    this.#pool
      .query('SELECT pg_logical_emit_message(true, $1, $2)', [messagePrefix, 'nudge'])
      .catch((error: unknown) => this.#log.debug({ error: describeError(error) }, 'the stream could not be nudged'))
      .finally(() => {
        this.#nudging = false;
      });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }

  async #query(): Promise<Position> {
    const { rows } = await this.#pool.query<{ at: string }>('SELECT pg_current_wal_insert_lsn()::text AS at');
    return parsePosition(rows[0]!.at);
  }
}
