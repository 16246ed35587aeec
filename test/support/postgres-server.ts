import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../src/app/embedded-postgres/embedded-postgres.ts';
import { makeServerFolder } from './pristine-server.ts';

export type ServerVersion = 15 | 18;

/** Where Debian and Ubuntu put PostgreSQL 15; elsewhere the environment tells. */
const folderOf15 = process.env['FIG_TEST_POSTGRES_15'] ?? '/usr/lib/postgresql/15/bin';

/** 18 comes with npm; 15 is tested where it is installed. */
export const serverVersions: readonly ServerVersion[] = existsSync(join(folderOf15, 'postgres')) ? [15, 18] : [18];

export interface TestServer extends AsyncDisposable {
  readonly version: ServerVersion;
  /** As the superuser. */
  url(database: string): string;
  createDatabase(name: string): Promise<string>;
  /** Stops it, lets the data folder be touched, and starts it again, on another port. */
  restart(settings: Readonly<Record<string, string>>, touch?: (dataFolder: string) => Promise<void>): Promise<void>;
}

/** A server of a test's own, for what needs other settings or another version than the shared one. */
export async function startTestServer(
  version: ServerVersion,
  settings: Readonly<Record<string, string>> = {},
): Promise<TestServer> {
  const is15 = version === 15;
  const folder = await (is15 ? mkdtemp(join(tmpdir(), 'fig-test-15-')) : makeServerFolder('fig-test-18-'));
  await chmod(folder, 0o755);
  const binaries = is15 ? { initdb: join(folderOf15, 'initdb'), postgres: join(folderOf15, 'postgres') } : undefined;
  // No autovacuum: a test that proves that nothing was changed counts transaction ids.
  const common = { fsync: 'off', autovacuum: 'off', log_min_messages: 'fatal' };
  const start = (more: Readonly<Record<string, string>>) =>
    startEmbeddedPostgres({ folder, binaries, settings: { ...common, ...more } });
  let server = await start(settings);
  return {
    version,
    url: (database) => server.url(database),
    createDatabase: async (name) => {
      await server.ensureDatabase(name);
      return server.url(name);
    },
    restart: async (more, touch) => {
      await server.stop();
      await touch?.(join(folder, 'data'));
      server = await start(more);
    },
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs statements, one after the other, and gives the rows of the last. */
export async function runSql(
  url: string,
  ...statements: readonly string[]
): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    let rows: readonly Record<string, unknown>[] = [];
    for (const statement of statements) ({ rows = [] } = await client.query<Record<string, unknown>>(statement));
    return rows;
  } finally {
    await client.end();
  }
}
