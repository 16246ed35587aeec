import knexModule, { type Knex } from 'knex';
import { silentKnexLog } from '../store/silent-knex-log.ts';

export interface ReadDatabaseOptions {
  readonly url: string;
  /** Schema that holds the read model's table. */
  readonly schema: string;
  readonly max?: number | undefined;
  /** Longest a query may take, in milliseconds, before PostgreSQL cancels it. */
  readonly statementTimeoutMs: number;
}

/**
 * The pool that query handlers read from: only the read model is in its search path, every connection is read-only, and
 * a query that takes too long is cancelled, so that hung handlers do not use the pool up.
 */
export function openReadDatabase(options: ReadDatabaseOptions): Knex {
  const settings = `-c default_transaction_read_only=on -c statement_timeout=${options.statementTimeoutMs}`;
  return knexModule({
    client: 'pg',
    connection: { connectionString: options.url, application_name: 'fig queries', options: settings },
    searchPath: [options.schema],
    pool: { min: 0, max: options.max ?? 8 },
    acquireConnectionTimeout: options.statementTimeoutMs,
    log: silentKnexLog,
  });
}
