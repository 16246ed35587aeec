import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../../src/kernel/log.ts';
import { formatPosition } from '../../../src/kernel/position.ts';
import { ensureSlot } from '../../../src/sync/postgres/slot.ts';
import { runSql, serverVersions, startTestServer, type TestServer } from '../../support/postgres-server.ts';

const isUseless = (): Promise<boolean> => Promise.resolve(false);

describe.each(serverVersions)('a new slot on PostgreSQL %i', (version) => {
  let server: TestServer;
  let url: string;

  beforeAll(async () => {
    server = await startTestServer(version, { wal_level: 'logical' });
    url = await server.createDatabase('shop');
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** As a role that may replicate and nothing else. */
  async function make(name: string): Promise<Readonly<Record<string, unknown>>> {
    const its = new URL(url);
    its.username = 'replicator';
    its.password = 'secret';
    const client = new Client({ connectionString: its.href });
    await client.connect();
    try {
      const options = { isUseless, onMake: () => undefined, budgetMs: 20_000, log: silentLog };
      const { confirmed } = await ensureSlot(client, name, options);
      const [slot] = await runSql(
        url,
        `SELECT to_jsonb(s) AS slot FROM pg_replication_slots s WHERE slot_name = '${name}'`,
      );
      const { plugin, failover, confirmed_flush_lsn: lsn } = slot!['slot'] as Record<string, unknown>;
      expect(lsn).toBe(formatPosition(confirmed));
      return { plugin, failover };
    } finally {
      await client.end();
      await runSql(url, `SELECT pg_drop_replication_slot('${name}')`);
    }
  }

  it('is made to survive a failover, and without that where the server does not know it', async () => {
    await runSql(url, `CREATE ROLE replicator LOGIN REPLICATION PASSWORD 'secret'`);
    expect(await make('fig_one')).toEqual({ plugin: 'pgoutput', failover: version >= 17 ? true : undefined });
  });

  it.runIf(version >= 17)('is made without that where the server refuses it', async () => {
    await runSql(
      url,
      `CREATE FUNCTION pg_create_logical_replication_slot(name, name, failover boolean, OUT lsn pg_lsn) LANGUAGE plpgsql AS
        $$ BEGIN RAISE 'not on this platform' USING ERRCODE = 'feature_not_supported'; END $$`,
      `ALTER ROLE replicator SET search_path = public, pg_catalog`,
    );
    expect(await make('fig_two')).toEqual({ plugin: 'pgoutput', failover: false });
  });
});
