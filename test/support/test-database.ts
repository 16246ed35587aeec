import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';

export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  readonly name: string;
}

/** The global setup makes it: a database with the tables of the control store. */
export const storeTemplate = 'store_template';

/** A fresh database on the run's PostgreSQL, or on another. Disposing drops it, with its slots and connections. */
export async function createTestDatabase(admin: string = inject('postgresUrl')): Promise<TestDatabase> {
  return copyOf('template1', admin);
}

/** The same with the tables of the control store, as `migrateStore` makes them: to copy them is much cheaper. */
export async function createStoreDatabase(): Promise<TestDatabase> {
  return copyOf(storeTemplate, inject('postgresUrl'));
}

async function copyOf(template: string, admin: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  // Copied by files: on a server that syncs nothing that takes a third of what it takes to log every page.
  await onServer(admin, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`));
  const url = new URL(admin);
  url.pathname = `/${name}`;
  return { name, url: url.href, [Symbol.asyncDispose]: () => onServer(admin, (client) => dropDatabase(client, name)) };
}

async function dropDatabase(client: Client, name: string): Promise<void> {
  await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
  const slots = await client.query<{ slot_name: string }>(
    'SELECT slot_name FROM pg_replication_slots WHERE database = $1',
    [name],
  );
  for (const { slot_name } of slots.rows) {
    // A walsender that was just terminated may hold its slot for a moment longer.
    for (let attempt = 0; ; attempt += 1) {
      try {
        await client.query('SELECT pg_drop_replication_slot($1)', [slot_name]);
        break;
      } catch (error) {
        if (attempt > 200) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
  await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

async function onServer(url: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
