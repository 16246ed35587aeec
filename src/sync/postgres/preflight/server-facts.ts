import type { Client } from 'pg';

/** What the server says of itself. Sizes in bytes, times in milliseconds. */
export interface ServerFacts {
  /** `150004` is 15.4. */
  readonly version: number;
  readonly versionText: string;
  readonly inRecovery: boolean;
  /** Of the database: `UTF8`. */
  readonly encoding: string;
  readonly walLevel: string;
  readonly maxSlots: number;
  /** Slots that are not ours. */
  readonly otherSlots: number;
  readonly maxSenders: number;
  /** Senders that are not ours. */
  readonly otherSenders: number;
  /** undefined: no limit. */
  readonly slotKeepBytes: number | undefined;
  /** undefined: no such timeout, because it is off or the server is older than 18. */
  readonly idleSlotTimeoutMs: number | undefined;
  /** 0: off. */
  readonly senderTimeoutMs: number;
  readonly connectionsLeft: number;
  /** undefined: the role may not look. */
  readonly walBytes: number | undefined;
}

const SETTINGS = [
  'wal_level',
  'max_replication_slots',
  'max_wal_senders',
  'max_slot_wal_keep_size',
  'idle_replication_slot_timeout',
  'wal_sender_timeout',
  'max_connections',
  'superuser_reserved_connections',
];

const UNITS: Readonly<Record<string, number>> = { MB: 1024 * 1024, kB: 1024, B: 1, ms: 1, s: 1_000, min: 60_000 };

export async function readServerFacts(client: Client, slot: string): Promise<ServerFacts> {
  const settings = await client.query<{ name: string; setting: string; unit: string | null }>(
    'SELECT name, setting, unit FROM pg_settings WHERE name = ANY($1)',
    [SETTINGS],
  );
  const valueOf = (name: string): number | undefined => {
    const row = settings.rows.find((setting) => setting.name === name);
    return row && Number(row.setting) * (row.unit === null ? 1 : (UNITS[row.unit] ?? 1));
  };
  const counted = await client.query<{
    version: number;
    version_text: string;
    in_recovery: boolean;
    encoding: string;
    other_slots: number;
    other_senders: number;
    connections: number;
    may_list_wal: boolean;
  }>(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS version_text,
            pg_is_in_recovery() AS in_recovery, current_setting('server_encoding') AS encoding,
            (SELECT count(*)::int FROM pg_replication_slots WHERE slot_name <> $1) AS other_slots,
            (SELECT count(*)::int FROM pg_stat_replication r WHERE NOT EXISTS
               (SELECT FROM pg_replication_slots s WHERE s.slot_name = $1 AND s.active_pid = r.pid)) AS other_senders,
            (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
            has_function_privilege('pg_catalog.pg_ls_waldir()', 'EXECUTE') AS may_list_wal`,
    [slot],
  );
  const row = counted.rows[0]!;
  const keep = valueOf('max_slot_wal_keep_size') ?? -1;
  const idle = valueOf('idle_replication_slot_timeout') ?? 0;
  return {
    version: row.version,
    versionText: row.version_text,
    inRecovery: row.in_recovery,
    encoding: row.encoding,
    walLevel: settings.rows.find(({ name }) => name === 'wal_level')?.setting ?? '',
    maxSlots: valueOf('max_replication_slots') ?? 0,
    otherSlots: row.other_slots,
    maxSenders: valueOf('max_wal_senders') ?? 0,
    otherSenders: row.other_senders,
    slotKeepBytes: keep < 0 ? undefined : keep,
    idleSlotTimeoutMs: idle > 0 ? idle : undefined,
    senderTimeoutMs: valueOf('wal_sender_timeout') ?? 0,
    connectionsLeft:
      (valueOf('max_connections') ?? 0) - (valueOf('superuser_reserved_connections') ?? 0) - row.connections,
    walBytes: row.may_list_wal ? await readWalBytes(client) : undefined,
  };
}

async function readWalBytes(client: Client): Promise<number> {
  const sum = await client.query<{ bytes: string }>('SELECT coalesce(sum(size), 0) AS bytes FROM pg_ls_waldir()');
  return Number(sum.rows[0]!.bytes);
}
