import { hostname } from 'node:os';
import type { ClientBase } from 'pg';

/** One process's seat: by a session of the control store it holds, or wants, what only one may do at a time. */
export interface SeatEntry {
  /** UUID. */
  readonly process: string;
  /** Name of the migration. */
  readonly migration: string;
  /** What the seat is for: `leader`, `projector`. */
  readonly office: string;
  /** Names of what is shared out that this process can do; none where nothing is. */
  readonly able: readonly string[];
}

export interface SeenSeat extends SeatEntry {
  readonly held: readonly string[];
  /** Since it was last seen, in milliseconds by the database's clock. */
  readonly silentMs: number;
  /** False: the session has ended, and all its locks with it. */
  readonly isConnected: boolean;
}

/** Who holds a lock and has a seat. */
export interface LockHolder {
  readonly process: string;
  readonly host: string;
  readonly pid: number;
  /** Since it was last seen, in milliseconds by the database's clock. */
  readonly silentMs: number;
  /** The same only while it has not been seen again. */
  readonly seenAt: string;
}

export type LockMode = 'exclusive' | 'shared';

/** What is known of one that is gone is kept for so long. */
const REMEMBERED = '10 minutes';
const LOCK = 'hashtextextended($1, 0)';
const IS_HELD = `l.locktype = 'advisory' AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** A sign of life. Through the session that holds the locks, so that it says something of that, too. */
export async function tellSeat(client: ClientBase, entry: SeatEntry, held: readonly string[]): Promise<void> {
  const { process: id, office, migration, able } = entry;
  await client.query(
    `INSERT INTO fig.seat AS s (process, office, migration, host, pid, session, able, held, seen_at)
     VALUES ($1, $2, $3, $4, $5, pg_backend_pid(), $6, $7, clock_timestamp())
     ON CONFLICT (process, office) DO UPDATE SET session = excluded.session, able = excluded.able,
       held = excluded.held, seen_at = excluded.seen_at`,
    [id, office, migration, hostname(), process.pid, [...able], [...held]],
  );
}

/**
 * To be done once, before the first sign of life: the server may have given this session the number of one that is gone. Who
 * stands still keeps its seat, however long that takes, as it is by its seat that others find out who holds what they wait for.
 */
export async function forgetSeats(client: ClientBase): Promise<void> {
  await client.query(
    `DELETE FROM fig.seat AS s WHERE session = pg_backend_pid() OR (seen_at < clock_timestamp() - interval '${REMEMBERED}'
       AND NOT EXISTS (SELECT FROM pg_locks l WHERE ${IS_HELD} AND l.pid = s.session))`,
  );
}

export async function leaveSeat(client: ClientBase, { process: id, office }: SeatEntry): Promise<void> {
  await client.query('DELETE FROM fig.seat WHERE process = $1 AND office = $2', [id, office]);
}

/** All seats for an office of a migration, by process. */
export async function listSeats(
  client: ClientBase,
  { migration, office }: Pick<SeatEntry, 'migration' | 'office'>,
): Promise<readonly SeenSeat[]> {
  const { rows } = await client.query<Omit<SeenSeat, 'silentMs' | 'isConnected'> & { ms: number; connected: boolean }>(
    `SELECT process, migration, office, able, held,
       (extract(epoch FROM clock_timestamp() - seen_at) * 1000)::float8 AS ms,
       session IN (SELECT l.pid FROM pg_locks l WHERE ${IS_HELD}) AS connected
     FROM fig.seat WHERE migration = $1 AND office = $2 ORDER BY process`,
    [migration, office],
  );
  return rows.map(({ ms, connected, ...seat }) => ({ ...seat, silentMs: ms, isConnected: connected }));
}

/** Without waiting; false: another session has it. */
export async function tryLock(client: ClientBase, name: string, mode: LockMode): Promise<boolean> {
  const way = mode === 'shared' ? 'pg_try_advisory_lock_shared' : 'pg_try_advisory_lock';
  const { rows } = await client.query<{ taken: boolean }>(`SELECT ${way}(${LOCK}) AS taken`, [name]);
  return rows[0]!.taken;
}

/** Of one that was taken exclusively. */
export async function unlock(client: ClientBase, name: string): Promise<void> {
  await client.query(`SELECT pg_advisory_unlock(${LOCK})`, [name]);
}

/** Other sessions that hold a lock and have a seat. */
export async function holdersOf(client: ClientBase, name: string): Promise<readonly LockHolder[]> {
  const { rows } = await client.query<Omit<LockHolder, 'silentMs' | 'seenAt'> & { ms: number; seen_at: string }>(
    `SELECT DISTINCT s.process, s.host, s.pid, s.seen_at::text AS seen_at,
       (extract(epoch FROM clock_timestamp() - s.seen_at) * 1000)::float8 AS ms
     FROM pg_locks l JOIN fig.seat s ON s.session = l.pid
     WHERE ${IS_HELD} AND l.objsubid = 1 AND l.pid <> pg_backend_pid()
       AND l.classid = ((${LOCK} >> 32) & 4294967295)::oid AND l.objid = (${LOCK} & 4294967295)::oid`,
    [name],
  );
  return rows.map(({ ms, seen_at, ...holder }) => ({ ...holder, silentMs: ms, seenAt: seen_at }));
}

/**
 * Ends the session of a process that has not been seen since, and the others of this database that are named after it, in
 * which transactions of its may be open. Rejects with `42501` where the right for that is missing.
 */
export async function endSessionsOf(client: ClientBase, { process: id, seenAt }: LockHolder): Promise<void> {
  await client.query(
    `SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a
     WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
       AND EXISTS (SELECT FROM fig.seat s WHERE s.process = $1::uuid AND s.seen_at = $2::timestamptz
         AND (a.pid = s.session OR a.application_name LIKE '%' || $1))`,
    [id, seenAt],
  );
}
