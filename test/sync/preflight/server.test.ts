import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRefusingPooler } from '../../support/refusing-pooler.ts';
import { runSql, serverVersions, startTestServer, type TestServer } from '../../support/postgres-server.ts';
import { inspect, names, stateOf } from './inspect.ts';

const badSettings = {
  wal_level: 'replica',
  max_replication_slots: '1',
  max_slot_wal_keep_size: '-1',
  wal_sender_timeout: '0',
  max_connections: '12',
};

describe.each(serverVersions)('the server on PostgreSQL %i', (version) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer(version, badSettings);
    await runSql(server.url('postgres'), `SELECT pg_create_physical_replication_slot('theirs')`);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('every setting that will not do is named at once, with the statement that mends it, and nothing is changed', async () => {
    const url = server.url('postgres');
    const before = await stateOf(url);
    const findings = await inspect(url);
    expect(names(findings)).toEqual([
      'error max-replication-slots max_replication_slots',
      'error wal-level wal_level',
      'warning connections-left max_connections',
      'warning wal-keep-unlimited max_slot_wal_keep_size',
      'warning wal-sender-timeout wal_sender_timeout',
    ]);
    expect(await stateOf(url)).toEqual(before);
  });

  it('limits that are too small for comfort are warned of, and the version’s abilities are told', async () => {
    await runSql(server.url('postgres'), `SELECT pg_drop_replication_slot('theirs')`);
    await server.restart({
      max_slot_wal_keep_size: '64MB',
      wal_sender_timeout: '2s',
      ...(version >= 18 ? { idle_replication_slot_timeout: '10min' } : {}),
    });
    const findings = await inspect(server.url('postgres'));
    expect(names(findings)).toEqual([
      ...(version >= 18 ? ['warning idle-slot-timeout idle_replication_slot_timeout'] : []),
      'warning wal-keep-small max_slot_wal_keep_size',
      'warning wal-sender-timeout wal_sender_timeout',
    ]);
    const abilities = findings.find(({ id }) => id === 'server-features')?.problem;
    expect(abilities).toContain(version === 18 ? 'has all' : 'lacks slots that survive a failover');
    expect(findings.find(({ id }) => id === 'disk')?.problem).toMatch(
      /up to 64 MB of log for it; the log takes \d+ MB/,
    );
  });

  it('a database whose texts may be in any encoding is refused, one in another encoding is not', async () => {
    const admin = server.url('postgres');
    for (const encoding of ['SQL_ASCII', 'LATIN1']) {
      const name = `old_${encoding.toLowerCase()}`;
      await runSql(admin, `CREATE DATABASE ${name} ENCODING '${encoding}' TEMPLATE template0 LOCALE 'C'`);
      const found = names(await inspect(server.url(name))).includes('error encoding server_encoding');
      expect(found).toBe(encoding === 'SQL_ASCII');
    }
  });

  it('a pooler that passes no replication on is named as such', async () => {
    await using pooler = await startRefusingPooler(server.url('postgres'));
    expect(names(await inspect(pooler.url))).toContain('error pooler legacy.database');
  });

  it('a server whose senders are all taken says so', async () => {
    await server.restart({ max_wal_senders: '0', wal_level: 'logical' });
    expect(names(await inspect(server.url('postgres')))).toEqual([
      'error max-wal-senders max_wal_senders',
      'warning replication-refused replication connection',
    ]);
  });

  it('a standby is refused', async () => {
    await server.restart({ hot_standby: 'on' }, async (dataFolder) => {
      await writeFile(join(dataFolder, 'standby.signal'), '');
      expect(await readFile(join(dataFolder, 'PG_VERSION'), 'utf8')).toBe(`${version}\n`);
      await appendFile(join(dataFolder, 'postgresql.conf'), "\nrestore_command = 'false'\n");
    });
    const url = server.url('postgres');
    const before = await stateOf(url);
    expect(names(await inspect(url)).filter((name) => name.startsWith('error'))).toEqual(['error standby server']);
    expect(await stateOf(url)).toEqual(before);
  });
});
