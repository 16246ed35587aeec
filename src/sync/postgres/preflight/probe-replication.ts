import { Client } from 'pg';
import { describeError } from '../../../kernel/fig-error.ts';
import type { Finding } from './finding.ts';

const CONNECT_BUDGET_MS = 10_000;

/** Opens a replication connection and asks who the server is, which changes nothing. undefined: it works. */
export async function probeReplication(url: string): Promise<unknown> {
  const config = {
    connectionString: url,
    replication: 'database',
    connectionTimeoutMillis: CONNECT_BUDGET_MS,
    query_timeout: CONNECT_BUDGET_MS,
  };
  const client = new Client(config);
  client.on('error', () => undefined); // A broken connection fails the query that is running, which is reported.
  try {
    await client.connect();
    await client.query('IDENTIFY_SYSTEM');
    return undefined;
  } catch (error) {
    return error ?? new Error('the connection failed');
  } finally {
    await client.end().catch(() => undefined); // Nothing hangs on how a connection that failed ends.
  }
}

/** Pure: what a refused connection means. `mayReplicate`: a role without the right was told of already. */
export function judgeRefusal(error: unknown, mayReplicate: boolean): readonly Finding[] {
  if (error === undefined) return [];
  const message = describeError(error);
  if (isPooler(message)) return [poolerFinding(message)];
  if (!mayReplicate) return [];
  const code = codeOf(error);
  return [
    {
      id: 'replication-refused',
      severity: isPassing(code) ? 'warning' : 'error',
      subject: 'replication connection',
      problem: `is refused: ${message}`,
      remedy:
        code === '28000'
          ? 'Let pg_hba.conf admit this role, from this machine, to this database; then SELECT pg_reload_conf();'
          : 'The message is the server’s, or that of what stands in front of it.',
    },
  ];
}

/**
 * Whether it may be otherwise in a moment: no answer of the server at all, a server that starts or stops, or no sender left,
 * which can be our own of a moment ago (that others have them all is told apart from this).
 */
function isPassing(code: string | undefined): boolean {
  // An SQLSTATE never begins with E, as the codes of the system do: EPIPE is no answer of the server.
  return code === undefined || !/^[0-9A-DF-Z][0-9A-Z]{4}$/.test(code) || code.startsWith('57P') || code === '53300';
}

export function poolerFinding(message: string): Finding {
  return {
    id: 'pooler',
    severity: 'error',
    subject: 'legacy.database',
    problem: `is reached through a connection pooler that does not pass replication on: ${message}`,
    remedy: 'Let legacy.database name the server itself. The legacy app may go on using the pooler.',
  };
}

/** PgBouncer and its kin refuse start parameters that they do not know. */
export function isPooler(message: string): boolean {
  return /unsupported startup parameter|pgbouncer|pooler/i.test(message);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
