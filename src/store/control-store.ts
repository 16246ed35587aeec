import knexModule, { type Knex } from 'knex';
import { allMigrations } from '../../migrations/all-migrations.ts';
import type { ControlStoreMigration } from '../../migrations/migration.ts';
import { FigError, describeError } from '../kernel/fig-error.ts';
import { quietLog } from './quiet-pool.ts';

/** Any constant; all processes that migrate one store take this lock. */
const MIGRATION_LOCK = 4_619_201_107;

export interface PoolOptions {
  readonly max?: number | undefined;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
}

/** A pool on the control store's database. */
export function openStore(url: string, options: PoolOptions): Knex {
  return knexModule({
    client: 'pg',
    connection: { connectionString: url, application_name: options.applicationName },
    pool: { min: 0, max: options.max ?? 8 },
    acquireConnectionTimeout: 15_000,
    log: quietLog,
  });
}

/**
 * Brings the store's schema up to date, one process at a time. Throws FIG_STORE_NEWER when the store knows migrations
 * that this version does not.
 */
export async function migrateStore(
  store: Knex,
  migrations: readonly ControlStoreMigration[] = allMigrations,
): Promise<readonly string[]> {
  try {
    return await store.transaction(async (tx) => {
      await tx.raw('SELECT pg_advisory_xact_lock(?)', [MIGRATION_LOCK]);
      const done = await listDone(tx);
      const unknown = done.filter((name) => !migrations.some((migration) => migration.name === name));
      if (unknown.length > 0) {
        throw new FigError(
          'FIG_STORE_NEWER',
          `the control store has migrations this version lacks: ${unknown.join(', ')}`,
        );
      }
      const pending = migrations.filter(({ name }) => !done.includes(name));
      for (const migration of pending) {
        await migration.up(tx);
        await tx('fig.migration').insert({ name: migration.name });
      }
      return pending.map(({ name }) => name);
    });
  } catch (error) {
    if (error instanceof FigError) throw error;
    throw new FigError('FIG_STORE_UNREACHABLE', `the control store could not be prepared: ${describeError(error)}`, {
      cause: error,
    });
  }
}

/** Takes every migration back, newest first. Leaves nothing of the control store; read models stay. */
export async function unmigrateStore(
  store: Knex,
  migrations: readonly ControlStoreMigration[] = allMigrations,
): Promise<void> {
  await store.transaction(async (tx) => {
    await tx.raw('SELECT pg_advisory_xact_lock(?)', [MIGRATION_LOCK]);
    const done = await listDone(tx);
    for (const migration of migrations.toReversed()) {
      if (done.includes(migration.name)) await migration.down(tx);
    }
    await tx.raw('DROP SCHEMA fig CASCADE');
  });
}

async function listDone(tx: Knex.Transaction): Promise<readonly string[]> {
  await tx.raw('CREATE SCHEMA IF NOT EXISTS fig');
  await tx.raw(
    'CREATE TABLE IF NOT EXISTS fig.migration (name text PRIMARY KEY, ran_at timestamptz NOT NULL DEFAULT now())',
  );
  const rows = await tx<{ name: string }>('fig.migration').select('name').orderBy('name');
  return rows.map(({ name }) => name);
}
