import { Pool } from 'pg';
import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import type { Position, SourcePosition } from '../../kernel/position.ts';
import { NextQuery } from '../next-query.ts';

const QUERY_BUDGET_MS = 2_000;

/**
 * Steps that the control store counts: the order of things where the legacy database has no log that could be asked. Every
 * answer is higher than all before it, whoever got them.
 */
export class StoreClock implements SourcePosition, AsyncDisposable {
  readonly #pool: Pool;
  readonly #queries = new NextQuery(() => this.#query());

  constructor(storeUrl: string, log: Log) {
    this.#pool = new Pool({
      connectionString: storeUrl,
      max: 1,
      application_name: 'fig position',
      query_timeout: QUERY_BUDGET_MS,
      connectionTimeoutMillis: QUERY_BUDGET_MS,
    });
    this.#pool.on('error', (error) => log.warn({ error: describeError(error) }, 'the connection for steps broke'));
  }

  read(): Promise<Position> {
    return this.#queries.ask();
  }

  /** Reading is what moves it on. */
  nudge(): void {}

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }

  async #query(): Promise<Position> {
    const { rows } = await this.#pool.query<{ step: string }>(`SELECT nextval('fig.step')::text AS step`);
    return BigInt(rows[0]!.step);
  }
}
