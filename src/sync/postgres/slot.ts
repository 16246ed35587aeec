import { type Client, DatabaseError } from 'pg';
import { FigError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import { parsePosition, type Position } from '../../kernel/position.ts';

export interface Slot {
  readonly name: string;
  /** The server sends nothing that ends at or before this position any more. */
  readonly confirmed: Position;
}

/** Not supported, not allowed, not known, not valid. */
const refusals: ReadonlySet<string> = new Set(['0A000', '42501', '42883', '22023']);

/** Names that belong to one migration on the legacy server. Databases of one server share the slots' name space. */
export function slotNameOf(migration: string, database: string): string {
  return `fig_${migration}_${database.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')}`.slice(0, 63);
}

export interface EnsureSlotOptions {
  /** Whether a slot that is there cannot be used, by what it has confirmed. */
  readonly isUseless: (confirmed: Position) => Promise<boolean>;
  /** Told before a slot is made, which may take a while: changes that came before it will never be heard of. */
  readonly onMake: () => void;
  /** How long it may take. */
  readonly budgetMs: number;
  readonly log: Log;
}

/** Finds or makes the slot, which is called as the publication is. Only called after preflight found no error. */
export async function ensureSlot(
  client: Client,
  name: string,
  { isUseless, onMake, budgetMs, log }: EnsureSlotOptions,
): Promise<Slot> {
  const existing = await findSlot(client, name);
  if (existing !== undefined && existing !== 'lost' && !(await isUseless(existing))) {
    return { name, confirmed: existing };
  }
  onMake();
  if (existing !== undefined) {
    log.warn({ slot: name }, 'the replication slot was lost; a new one is made and the read models are built again');
    await client.query('SELECT pg_drop_replication_slot($1)', [name]);
  }
  return { name, confirmed: await createSlot(client, name, budgetMs) };
}

async function findSlot(client: Client, name: string): Promise<Position | 'lost' | undefined> {
  const found = await client.query<{ confirmed: string | null; wal_status: string | null; plugin: string }>(
    `SELECT confirmed_flush_lsn::text AS confirmed, wal_status, plugin FROM pg_replication_slots WHERE slot_name = $1`,
    [name],
  );
  const row = found.rows[0];
  if (!row) return undefined;
  if (row.plugin !== 'pgoutput') {
    throw new FigError(
      'FIG_PREFLIGHT_REFUSED',
      `the replication slot ${name} belongs to another program (${row.plugin})`,
    );
  }
  return row.wal_status === 'lost' || row.confirmed === null ? 'lost' : parsePosition(row.confirmed);
}

/** From PostgreSQL 17 on a slot may outlive a failover; whether it does is up to the settings of primary and standby. */
async function makeSlot(client: Client, name: string): Promise<Position> {
  const version = await client.query<{ n: number }>(`SELECT current_setting('server_version_num')::int AS n`);
  if (version.rows[0]!.n >= 170_000) {
    try {
      return await makeSlotWith(client, name, ', failover => true');
    } catch (error) {
      // A managed server may refuse that. A slot without it is better than none.
      if (!(error instanceof DatabaseError) || !refusals.has(error.code ?? '')) throw error;
    }
  }
  return makeSlotWith(client, name, '');
}

async function makeSlotWith(client: Client, name: string, more: string): Promise<Position> {
  const made = await client.query<{ lsn: string }>(
    `SELECT lsn::text AS lsn FROM pg_create_logical_replication_slot($1, 'pgoutput'${more})`,
    [name],
  );
  return parsePosition(made.rows[0]!.lsn);
}

async function createSlot(client: Client, name: string, budgetMs: number): Promise<Position> {
  // Creation waits for every transaction that is writing now; without a limit one forgotten session would block us.
  await client.query(`SET statement_timeout = ${budgetMs}`);
  try {
    return await makeSlot(client, name);
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== '57014') throw error;
    const blockers = await client.query<{ pid: number; age: string }>(
      `SELECT pid, (now() - xact_start)::text AS age FROM pg_stat_activity WHERE backend_xid IS NOT NULL ORDER BY xact_start`,
    );
    const list = blockers.rows.map(({ pid, age }) => `pid ${pid} (open for ${age})`).join(', ');
    throw new FigError('FIG_CAPTURE_WAITS', `making the replication slot waits for open transactions: ${list}`, {
      remedy: 'End them, or wait for them; it is tried again by itself.',
      cause: error,
    });
  } finally {
    await client.query('RESET statement_timeout');
  }
}
