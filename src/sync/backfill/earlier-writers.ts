import type { Client } from 'pg';
import { sleep } from '../../kernel/service.ts';

const LOOK_MS = 100;
/** Waiting that was told of is told of again once in a while. */
const TOLD_MS = 60_000;

export interface BlockedListener {
  /** Who in legacy is waited for, when that takes longer than `patienceMs`. */
  readonly onBlocked: (blockers: readonly string[]) => void;
  readonly patienceMs: number;
}

/**
 * Waits until every transaction that is writing now has ended, so that none can have been delivered by an earlier
 * session and still be invisible to our snapshots. `onBlocked` is told who is waited for when that takes long.
 */
export async function untilEarlierWritersEnded(
  client: Client,
  { onBlocked, patienceMs }: BlockedListener,
  signal: AbortSignal,
): Promise<void> {
  const start = await client.query<{ at: string }>('SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS at');
  const { at } = start.rows[0]!;
  let tellAt = performance.now() + patienceMs;
  while (!signal.aborted) {
    const now = await client.query<{ done: string }>(
      'SELECT (pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8)::text AS done',
      [at],
    );
    if (now.rows[0]!.done === 'true') return;
    if (performance.now() >= tellAt) {
      onBlocked(await blockersOf(client, at));
      tellAt = performance.now() + TOLD_MS;
    }
    await sleep(LOOK_MS, signal);
  }
}

/** Who works in transactions from before this one, in words; those of other databases are waited for as well. */
async function blockersOf(client: Client, before: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ blocker: string }>(
    `WITH open AS (SELECT (x::text::numeric % 4294967296)::text AS xid FROM pg_snapshot_xip(pg_current_snapshot()) AS x
                    WHERE x < $1::xid8)
     SELECT 'pid ' || a.pid || coalesce(' of ' || nullif(a.application_name, ''), '')
            || coalesce(', open for ' || date_trunc('second', clock_timestamp() - a.xact_start)::text, '') AS blocker
       FROM pg_stat_activity AS a WHERE a.backend_xid::text IN (SELECT xid FROM open)
      UNION ALL
     SELECT 'prepared transaction ' || p.gid FROM pg_prepared_xacts AS p WHERE p.transaction::text IN (SELECT xid FROM open)`,
    [before],
  );
  return rows.map(({ blocker }) => blocker);
}
