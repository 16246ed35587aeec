import { expect, test } from 'vitest';
import type { LandingTable } from '../../../src/sync/landing/landing-table.ts';
import type { MysqlConnection } from '../../../src/sync/landing/mysql-connection.ts';
import { MysqlServer } from '../../../src/sync/landing/mysql-server.ts';
import { positionOfSnapshot } from '../../../src/sync/landing/snapshot-end.ts';

/** What a server answers, by the beginning of what it is asked. */
function server(answers: Readonly<Record<string, string | readonly object[]>>): MysqlServer {
  const connection: MysqlConnection = {
    database: 'shop',
    rows: (sql) => {
      const found = Object.entries(answers).find(([begin]) => sql.startsWith(begin))?.[1];
      if (found === undefined) return Promise.reject(new Error(`access denied: ${sql}`));
      const rows = typeof found === 'string' ? [{ value: found }] : found;
      return Promise.resolve(rows as readonly Record<string, string>[]);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return new MysqlServer(connection);
}

const mariadb = { 'SELECT version': '10.11.11-MariaDB', 'SELECT BINLOG': '0-1-8', 'SELECT 1 FROM `refunds`': [] };
const uuid = '9c8357b3-e9c8-11f1-9d82-02fc00000001';
const end = (Position: string) => [{ File: 'binlog.000001', Position, Executed_Gtid_Set: `${uuid}:1-8` }];
const mysql = { 'SELECT version': '8.0.40', 'SELECT @@global.gtid_mode': 'ON', 'SELECT 1 FROM `refunds`': [] };
const tables = new Map(['orders', 'refunds'].map((name) => [name, { definition: { name } } as LandingTable]));
const place = { file: 'binlog.000001', offset: 2105n };
const some = { place, topics: new Set(['orders']) };
const all = { place, topics: new Set(['orders', 'refunds']) };

test.each<[how: string, asked: Partial<Parameters<typeof positionOfSnapshot>[0]>, position: bigint | undefined]>([
  ['all tables have rows', { ended: all, server: server(mariadb) }, 8n],
  ['a table is empty, and nothing was written since', { server: server({ ...mariadb, 'SELECT @@gtid': '0-1-8' }) }, 8n],
  [
    'a table is empty, and something was written since',
    { server: server({ ...mariadb, 'SELECT @@gtid': '0-1-9' }) },
    undefined,
  ],
  [
    'a table without rows in the topics has some',
    { server: server({ ...mariadb, 'SELECT @@gtid': '0-1-8', 'SELECT 1 FROM `refunds`': [{}] }) },
    undefined,
  ],
  [
    'MariaDB does not keep the place any more',
    { ended: all, server: server({ ...mariadb, 'SELECT BINLOG': '' }) },
    undefined,
  ],
  [
    'a MySQL stands where the snapshot was taken',
    { server: server({ ...mysql, 'SHOW MASTER STATUS': end('2105') }) },
    8n,
  ],
  ['a MySQL has gone on', { ended: all, server: server({ ...mysql, 'SHOW MASTER STATUS': end('2106') }) }, undefined],
  [
    'a new MySQL has the statement under another name',
    { server: server({ ...mysql, 'SELECT version': '8.4.3', 'SHOW BINARY LOG STATUS': end('2105') }) },
    8n,
  ],
  [
    'a MySQL of 8.2 stands where the snapshot was taken',
    { server: server({ ...mysql, 'SELECT version': '8.2.0', 'SHOW BINARY LOG STATUS': end('2105') }) },
    8n,
  ],
  [
    'a MySQL stands at the same offset of another file',
    {
      ended: all,
      server: server({ ...mysql, 'SHOW MASTER STATUS': [{ ...end('2105')[0], File: 'binlog.000002' }] }),
    },
    undefined,
  ],
  [
    'a MySQL has executed no transaction that has a GTID',
    {
      ended: all,
      server: server({ ...mysql, 'SHOW MASTER STATUS': [{ ...end('2105')[0], Executed_Gtid_Set: '' }] }),
    },
    undefined,
  ],
  ['nobody can be asked, and all have rows', { ended: all, server: undefined, isExact: false }, 0n],
  ['nobody can be asked about an empty table', { server: undefined, isExact: false }, undefined],
  ['nobody can be asked for a position', { ended: all, server: undefined }, undefined],
  [
    'there are no GTIDs, and time orders writes',
    {
      server: server({ ...mysql, 'SELECT @@global.gtid_mode': 'OFF', 'SHOW MASTER STATUS': end('2105') }),
      isExact: false,
    },
    0n,
  ],
])('where a snapshot stands when %s', async (_how, asked, position) => {
  expect(await positionOfSnapshot({ ended: some, tables, server: undefined, isExact: true, ...asked })).toBe(position);
});

test('a MySQL that names no transactions cannot order writes, and it is said how to do without', async () => {
  const answer = server({ ...mysql, 'SELECT @@global.gtid_mode': 'OFF' }).position();
  await expect(answer).rejects.toMatchObject({
    code: 'FIG_DEBEZIUM_SETTING',
    remedy: expect.stringContaining('events.settle'),
  });
});

test('an account that may not see the end of the log is told the grant', async () => {
  const answer = server(mysql).isAt(place);
  await expect(answer).rejects.toMatchObject({ remedy: expect.stringContaining('REPLICATION CLIENT') });
});

test('a server without a single transaction has no position, rather than the first', async () => {
  for (const answers of [
    { ...mysql, 'SELECT @@global.gtid_executed': '' },
    { ...mariadb, 'SELECT @@gtid': '' },
  ]) {
    await expect(server(answers).position()).rejects.toMatchObject({
      code: 'FIG_DEBEZIUM_SETTING',
      remedy: expect.stringContaining('write one row'),
    });
  }
});
