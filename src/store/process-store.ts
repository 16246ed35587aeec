import type { Knex } from 'knex';

/** A process that has not been seen for so long is gone. By the database's clock. */
export const PROCESS_EXPIRY_MS = 5_000;
/** What is known of one that is gone is shown for so long, and then forgotten. */
const REMEMBERED = '10 minutes';

export const processRoles = ['up', 'proxy', 'sync', 'capture', 'project', 'control'] as const;
export type ProcessRole = (typeof processRoles)[number];

/** One process of a migration, as it tells of itself. */
export interface ProcessEntry {
  readonly id: string;
  /** Name of the migration. */
  readonly migration: string;
  readonly role: ProcessRole;
  readonly host: string;
  readonly pid: number;
  /** Of fig. */
  readonly version: string;
  /** Digest of what all processes of a migration must agree on. */
  readonly config: string;
  /** Where it serves users; undefined: it does not. */
  readonly proxy: string | undefined;
  /** URL of its admin server. */
  readonly admin: string | undefined;
  /** ISO 8601. */
  readonly startedAt: string;
  /** What it has to say, by its role. JSON. */
  readonly report: unknown;
}

export interface SeenProcess extends ProcessEntry {
  /** Milliseconds since it was last seen, by the database's clock. */
  readonly silentMs: number;
}

interface StoredProcess extends Omit<SeenProcess, 'proxy' | 'admin' | 'startedAt' | 'silentMs'> {
  readonly proxy: string | null;
  readonly admin: string | null;
  readonly started_at: Date;
  readonly silent_ms: number;
}

/** A sign of life: makes the entry, or brings it up to date. */
export async function beatProcess(store: Knex, entry: ProcessEntry): Promise<void> {
  const { startedAt, report, proxy, admin, ...rest } = entry;
  const told = { ...rest, proxy: proxy ?? null, admin: admin ?? null, report: JSON.stringify(report) };
  await store('fig.process')
    .insert({ ...told, started_at: startedAt })
    .onConflict('id')
    .merge({ ...told, seen_at: store.raw('clock_timestamp()') });
}

/** It has ended in order, so nobody need miss it. */
export async function removeProcess(store: Knex, id: string): Promise<void> {
  await store('fig.process').where({ id }).delete();
}

/** All of a migration that were seen lately, those that are gone included, by role and age. */
export async function listProcesses(store: Knex, migration: string): Promise<readonly SeenProcess[]> {
  const { rows } = await store.raw<{ rows: StoredProcess[] }>(
    `SELECT id, migration, role, host, pid, version, config, proxy, admin, report, started_at,
       greatest(0, extract(epoch FROM clock_timestamp() - seen_at) * 1000)::float8 AS silent_ms
     FROM fig.process WHERE migration = ? ORDER BY role, started_at, id`,
    [migration],
  );
  return rows.map(({ proxy, admin, started_at, silent_ms, ...rest }) => ({
    ...rest,
    proxy: proxy ?? undefined,
    admin: admin ?? undefined,
    startedAt: started_at.toISOString(),
    silentMs: silent_ms,
  }));
}

/** URL of the admin server of a control that lives; undefined: none does. */
export async function findControl(store: Knex, migration: string): Promise<string | undefined> {
  const processes = await listProcesses(store, migration);
  return processes.find(({ role, silentMs }) => role === 'control' && silentMs < PROCESS_EXPIRY_MS)?.admin;
}

/** Takes out those that have been gone for long. */
export async function forgetProcesses(store: Knex): Promise<void> {
  await store.raw(`DELETE FROM fig.process WHERE seen_at < clock_timestamp() - interval '${REMEMBERED}'`);
}
