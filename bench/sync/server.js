import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { load } from '../dist.js';
import { treeCpuSeconds } from './processes.js';

/** What differs from a PostgreSQL as it is installed; durability is as it comes. */
export const settings = { max_slot_wal_keep_size: '-1', max_replication_slots: '20', max_wal_senders: '20' };

/** A throwaway PostgreSQL with three databases: legacy, ours, and a native subscriber's. */
export async function startServer() {
  const { startEmbeddedPostgres } = await load('src/app/embedded-postgres/embedded-postgres.js');
  const folder = await mkdtemp(join(tmpdir(), 'fig-bench-sync-'));
  await chmod(folder, 0o755);
  const server = await startEmbeddedPostgres({ folder, settings });
  for (const name of ['legacy', 'ours', 'native']) await server.ensureDatabase(name);
  const [pid] = (await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8')).split('\n');
  const clients = {};
  for (const name of ['legacy', 'ours', 'native']) {
    clients[name] = new Client({ connectionString: server.url(name) });
    await clients[name].connect();
  }
  return {
    url: (name) => server.url(name),
    port: server.port,
    /** Work on a connection of its own. */
    withClient: async (name, work) => {
      const client = new Client({ connectionString: server.url(name) });
      await client.connect();
      return work(client).finally(() => client.end());
    },
    /** Connections for set-up and for looking, by database. */
    ...clients,
    cpuSeconds: () => treeCpuSeconds(Number(pid)),
    version: async () => (await clients.legacy.query('SHOW server_version')).rows[0].server_version,
    stop: async () => {
      for (const client of Object.values(clients)) await client.end();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
