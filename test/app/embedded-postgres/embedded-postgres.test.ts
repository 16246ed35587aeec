import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { runningPostgresUrl, startEmbeddedPostgres } from '../../../src/app/embedded-postgres/embedded-postgres.ts';
import { createTestDatabase } from '../../support/test-database.ts';

async function setting(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<{ value: unknown }>(sql)).rows[0]?.value;
  } finally {
    await client.end();
  }
}

test('a test database is a real PostgreSQL with logical decoding', async () => {
  await using database = await createTestDatabase();
  expect(await setting(database.url, `SELECT current_setting('wal_level') AS value`)).toBe('logical');
});

test('data survives a stop and a start, and a server that was left behind is adopted', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fig-embedded-'));
  await chmod(folder, 0o700); // Closed to everyone else, as a folder under /root is.
  try {
    const first = await startEmbeddedPostgres({ folder, settings: { fsync: 'off' } });
    expect(await first.ensureDatabase('shop')).toBe(true);
    await setting(first.url('shop'), 'CREATE TABLE kept AS SELECT 42 AS value');
    await first.stop();

    const second = await startEmbeddedPostgres({ folder, settings: { fsync: 'off' } });
    expect(await second.ensureDatabase('shop')).toBe(false);
    expect(await setting(second.url('shop'), 'SELECT value FROM kept')).toBe(42);

    // What remains of a process that was killed: a server, and no session that owns it.
    await setting(second.url('postgres'), `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'`);
    const adopter = await startEmbeddedPostgres({ folder });
    expect(adopter).toMatchObject({ adopted: true, port: second.port });
    await adopter.stop();
    await expect(setting(second.url('shop'), 'SELECT 1')).rejects.toThrow();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a command finds the server that another process runs on a folder, and starts none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fig-embedded-'));
  try {
    expect(await runningPostgresUrl(folder, 'fig')).toBeUndefined();
    const server = await startEmbeddedPostgres({ folder, settings: { fsync: 'off' } });
    expect(await runningPostgresUrl(folder, 'fig')).toBe(server.url('fig'));
    await server.stop();
    expect(await runningPostgresUrl(folder, 'fig')).toBeUndefined();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a server that another process uses is not taken from it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fig-embedded-'));
  try {
    const first = await startEmbeddedPostgres({ folder, settings: { fsync: 'off' } });
    await expect(startEmbeddedPostgres({ folder })).rejects.toThrow('another fig runs with the PostgreSQL');
    expect(await setting(first.url('postgres'), 'SELECT 1 AS value')).toBe(1);
    await first.stop();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a lock file that names another program’s process does not keep the server from starting', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fig-embedded-'));
  try {
    const first = await startEmbeddedPostgres({ folder, settings: { fsync: 'off' } });
    await first.stop();
    await writeFile(join(folder, 'data', 'postmaster.pid'), `${process.pid}\n${folder}/data\n1\n1\n\n127.0.0.1\n\n`);
    const second = await startEmbeddedPostgres({ folder, settings: { fsync: 'off' } });
    expect(second.adopted).toBe(false);
    await second.stop();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
