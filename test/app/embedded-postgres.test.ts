import { mkdtemp, rm, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { startEmbeddedPostgres } from '../../src/app/embedded-postgres/embedded-postgres.ts';
import { createTestDatabase } from '../support/test-database.ts';

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

    const adopter = await startEmbeddedPostgres({ folder });
    expect(adopter).toMatchObject({ adopted: true, port: second.port });
    await adopter.stop();
    await expect(setting(second.url('shop'), 'SELECT 1')).rejects.toThrow();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
