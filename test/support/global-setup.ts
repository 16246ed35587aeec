import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/app/embedded-postgres/embedded-postgres.ts';
import { migrateStore, openStore } from '../../src/store/control-store.ts';
import { startKafkaOnDemand } from './kafka-on-demand.ts';
import { storeTemplate } from './test-database.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string;
    /** Where `makeServerFolder` keeps what it copies. */
    pristineServer: string;
    /** Where `sharedKafka` asks. */
    kafkaOnDemand: string;
  }
}

/** One real PostgreSQL for the whole run; every test makes databases of its own on it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'fig-test-'));
  await chmod(folder, 0o755);
  const server = await startEmbeddedPostgres({
    folder,
    settings: {
      fsync: 'off',
      max_replication_slots: '40',
      max_wal_senders: '40',
      full_page_writes: 'off',
      log_min_messages: 'fatal',
    },
  });
  await server.ensureDatabase(storeTemplate);
  const store = openStore(server.url(storeTemplate), { applicationName: 'template' });
  await migrateStore(store);
  await store.destroy(); // Nobody may be connected to what is copied.
  project.provide('postgresUrl', server.url('postgres'));
  project.provide('pristineServer', join(folder, 'pristine'));
  const kafka = await startKafkaOnDemand();
  project.provide('kafkaOnDemand', kafka.url);
  return async () => {
    await kafka.stop();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
