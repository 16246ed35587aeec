import { mkdtemp, chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { largeJson, smallJson } from './workloads.js';

const dist = process.env.FIG_BENCH_DIST ?? fileURLToPath(new URL('../../dist', import.meta.url));

const benchDocuments = new Map([
  [1, smallJson],
  [2, largeJson],
]);

/** A PostgreSQL with the control store and a read model that holds what the upstream answers, by its number. */
export async function startDatabase(documents = benchDocuments) {
  const { startEmbeddedPostgres } = await import(`file://${dist}/src/app/embedded-postgres/embedded-postgres.js`);
  const { openStore, migrateStore } = await import(`file://${dist}/src/store/control-store.js`);
  const folder = await mkdtemp(join(tmpdir(), 'fig-bench-'));
  await chmod(folder, 0o755);
  const server = await startEmbeddedPostgres({ folder, settings: { fsync: 'off' } });
  await server.ensureDatabase('bench');
  const url = server.url('bench');
  const knex = openStore(url, { applicationName: 'fig bench' });
  await migrateStore(knex);
  await knex.raw('CREATE SCHEMA rm_bench_order_v1');
  await knex.raw('CREATE TABLE rm_bench_order_v1.bench_order (order_id bigint PRIMARY KEY, document json NOT NULL)');
  for (const row of documents) await knex.raw('INSERT INTO rm_bench_order_v1.bench_order VALUES (?, ?)', row);
  await knex.destroy();
  return {
    url,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
