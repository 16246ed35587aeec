import type { Knex } from 'knex';

/** A process that has not said so for so long does it no more. By the database's clock. */
const WORK_EXPIRY_MS = 6_000;
/** What a process that is gone has said of itself is kept for so long. */
const REMEMBERED = '10 minutes';

/** Who says what is done. */
export interface WorkingProcess {
  readonly migration: string;
  /** Id, a uuid; another one with each start. */
  readonly process: string;
  readonly host: string;
  readonly pid: number;
}

/** Something that one process of a migration does at a time; or, as `process`, what a process says of itself. */
export interface Work {
  readonly work: 'process' | 'leader' | 'read-model' | 'publisher';
  /** Of a read model its projection, `order_summary_v1`; of a process its id. */
  readonly name: string;
  /** Whoever has a smaller one than was told before is not believed. */
  readonly claim: number;
  /** JSON. */
  readonly figures: unknown;
}

export interface SeenWork extends Omit<Work, 'claim'> {
  readonly process: string;
  readonly host: string;
  readonly pid: number;
  /** ISO 8601: since when this process does it. */
  readonly since: string;
  /** Since it was told last, in milliseconds by the database's clock. */
  readonly silentMs: number;
  /** How often another process had done it before, since the control store was started. */
  readonly takeovers: number;
}

/** Whether a process does it still. */
export function isAlive({ silentMs }: Pick<SeenWork, 'silentMs'>): boolean {
  return silentMs < WORK_EXPIRY_MS;
}

interface ToldRow {
  readonly work: Work['work'];
  readonly name: string;
  readonly taken_over: boolean;
}

/** Says what this process does now; resolves with what it has taken over from another one. */
export async function tellWork(
  store: Knex,
  { migration, process, host, pid }: WorkingProcess,
  works: readonly Work[],
): Promise<readonly Pick<Work, 'work' | 'name'>[]> {
  if (works.length === 0) return [];
  // The time of the statement is what a row of this statement is told by.
  const { rows } = await store.raw<{ rows: ToldRow[] }>(
    `INSERT INTO fig.transport_work AS t
       (migration, work, name, claim, process, host, pid, since, seen_at, figures)
     SELECT ?, w.work, w.name, w.claim, ?, ?, ?, statement_timestamp(), statement_timestamp(), w.figures
       FROM jsonb_to_recordset(?::jsonb) AS w (work text, name text, claim bigint, figures jsonb)
      ORDER BY w.work, w.name
     ON CONFLICT (migration, work, name) DO UPDATE
       SET claim = excluded.claim, process = excluded.process, host = excluded.host, pid = excluded.pid,
           since = CASE WHEN t.process = excluded.process THEN t.since ELSE excluded.since END,
           seen_at = excluded.seen_at, figures = excluded.figures,
           takeovers = t.takeovers + (t.process <> excluded.process)::int
     WHERE excluded.claim >= t.claim
     RETURNING work, name, since = statement_timestamp() AND takeovers > 0 AS taken_over`,
    [migration, process, host, pid, JSON.stringify(works)],
  );
  return rows.filter((row) => row.taken_over).map(({ work, name }) => ({ work, name }));
}

/** It ends in order: nobody does what it did until another process says so. */
export async function endWork(store: Knex, process: string): Promise<void> {
  await store.raw(`UPDATE fig.transport_work SET seen_at = '-infinity' WHERE process = ? AND work <> 'process'`, [
    process,
  ]);
  await store('fig.transport_work').where({ process, work: 'process' }).delete();
}

/** Everything that was told of a migration, what is done no more included. */
export async function listWork(store: Knex, migration: string): Promise<readonly SeenWork[]> {
  const { rows } = await store.raw<{ rows: (Omit<SeenWork, 'since' | 'silentMs'> & SeenRow)[] }>(
    `SELECT work, name, process, host, pid, since, takeovers, figures,
            CASE WHEN isfinite(seen_at)
              THEN greatest(0, extract(epoch FROM clock_timestamp() - seen_at) * 1000)::float8
              ELSE 'Infinity' END AS silent_ms
       FROM fig.transport_work WHERE migration = ? ORDER BY work, name`,
    [migration],
  );
  return rows.map(({ since, silent_ms, ...rest }) => ({ ...rest, since: since.toISOString(), silentMs: silent_ms }));
}

interface SeenRow {
  readonly since: Date;
  readonly silent_ms: number;
}

/** Takes out processes that have been gone for long. */
export async function forgetWork(store: Knex): Promise<void> {
  await store.raw(
    `DELETE FROM fig.transport_work WHERE work = 'process' AND seen_at < clock_timestamp() - interval '${REMEMBERED}'`,
  );
}
