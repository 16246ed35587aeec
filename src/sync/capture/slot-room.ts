import { connectToLegacy, endConnection } from '../postgres/legacy-connection.ts';

/** What the server may write until it gives up the slot; undefined: it never does, or there is no slot. */
export async function readSlotRoom(url: string, slot: string): Promise<bigint | undefined> {
  const client = await connectToLegacy(url, 'fig slot');
  try {
    const { rows } = await client.query<{ safe: string | null }>(
      'SELECT safe_wal_size::text AS safe FROM pg_replication_slots WHERE slot_name = $1',
      [slot],
    );
    const safe = rows[0]?.safe;
    return safe === undefined || safe === null ? undefined : BigInt(safe);
  } finally {
    await endConnection(client);
  }
}
