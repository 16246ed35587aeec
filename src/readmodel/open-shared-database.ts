import knexModule, { type Knex } from 'knex';
import { quietLog } from '../store/quiet-pool.ts';

export interface SharedDatabaseOptions {
  readonly url: string;
  /** Schema of the read model's views; undefined when it has none. */
  readonly schema: string | undefined;
  /** Whether it has to be the primary: its rows count as never behind, which is true of no other server. */
  readonly mustBePrimary: boolean;
  readonly max: number;
  readonly statementTimeoutMs: number;
}

interface RawConnection {
  query(text: string, done: (error: Error | null, result?: { rows: { is_replica: boolean }[] }) => void): void;
}

/**
 * The pool that query handlers read the legacy database from: a few connections, read-only, with a limit to how long a
 * query may take, so that they cannot be in the legacy app's way for long. Views of ours are found first, then `public`.
 */
export function openSharedDatabase(options: SharedDatabaseOptions): Knex {
  const { url, schema, mustBePrimary, max, statementTimeoutMs } = options;
  const settings = [
    'default_transaction_read_only=on',
    `statement_timeout=${statementTimeoutMs}`,
    `idle_in_transaction_session_timeout=${statementTimeoutMs}`,
  ];
  return knexModule({
    client: 'pg',
    connection: {
      connectionString: url,
      application_name: 'fig queries',
      options: settings.map((each) => `-c ${each}`).join(' '),
    },
    searchPath: schema === undefined ? ['public'] : [schema, 'public'],
    pool: { min: 0, max, ...(mustBePrimary && { afterCreate: refuseReplica }) },
    acquireConnectionTimeout: statementTimeoutMs,
    log: quietLog,
  });
}

/** A primary becomes a replica only by a restart, which ends its connections; so looking once is enough. */
function refuseReplica(
  connection: RawConnection,
  done: (error: Error | null, connection: RawConnection) => void,
): void {
  connection.query('SELECT pg_is_in_recovery() AS is_replica', (error, result) => {
    const isReplica = result?.rows[0]?.is_replica === true;
    done(error ?? (isReplica ? new Error('the legacy database is a replica now') : null), connection);
  });
}
