import type { Client } from 'pg';

export interface OpenTransaction {
  readonly pid: number;
  readonly user: string;
  /** undefined: the role may not see it. */
  readonly ageMs: number | undefined;
}

export interface PreparedTransaction {
  readonly gid: string;
  readonly database: string;
  readonly ageMs: number;
}

/** Transactions that have written and not ended: making a slot waits for each of them. */
export interface ActivityFacts {
  readonly open: readonly OpenTransaction[];
  readonly prepared: readonly PreparedTransaction[];
}

export async function readActivityFacts(client: Client): Promise<ActivityFacts> {
  const open = await client.query<{ pid: number; user: string | null; age: number | null }>(
    `SELECT pid, usename AS "user", extract(epoch FROM clock_timestamp() - xact_start)::float8 * 1000 AS age
       FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() ORDER BY xact_start LIMIT 10`,
  );
  const prepared = await client.query<{ gid: string; database: string; age: number }>(
    `SELECT gid, database, extract(epoch FROM clock_timestamp() - prepared)::float8 * 1000 AS age
       FROM pg_prepared_xacts ORDER BY prepared LIMIT 10`,
  );
  return {
    open: open.rows.map(({ pid, user, age }) => ({ pid, user: user ?? 'unknown', ageMs: age ?? undefined })),
    prepared: prepared.rows.map(({ gid, database, age }) => ({ gid, database, ageMs: age })),
  };
}
