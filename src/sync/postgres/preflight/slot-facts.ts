import type { Client } from 'pg';

/** The slot that has our name, if there is one. */
export interface SlotFacts {
  readonly name: string;
  readonly type: string;
  readonly plugin: string | null;
  readonly database: string | null;
  readonly activePid: number | null;
  readonly isLost: boolean;
}

export async function readSlotFacts(client: Client, name: string): Promise<SlotFacts | undefined> {
  const found = await client.query<{
    type: string;
    plugin: string | null;
    database: string | null;
    active_pid: number | null;
    wal_status: string | null;
  }>(
    `SELECT slot_type AS type, plugin, database, active_pid, wal_status FROM pg_replication_slots WHERE slot_name = $1`,
    [name],
  );
  const row = found.rows[0];
  if (!row) return undefined;
  const { type, plugin, database, active_pid: activePid, wal_status: status } = row;
  return { name, type, plugin, database, activePid, isLost: status === 'lost' };
}
