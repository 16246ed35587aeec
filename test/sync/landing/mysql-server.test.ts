import { expect, test } from 'vitest';
import type { MysqlConnection } from '../../../src/sync/landing/mysql-connection.ts';
import { MysqlServer } from '../../../src/sync/landing/mysql-server.ts';

/**
 * What a MySQL 9.7.4 (Debian 9.7.4-2) answered after six transactions, taken down as it came. Tests with a real server, which run where
 * there is one, are in snapshot-end.test.ts and preflight-landing.test.ts; of a MySQL before 8.2 nothing was to be had.
 */
const recorded = {
  'SELECT version() AS value': [{ value: '9.7.4-2' }],
  'SELECT @@global.gtid_mode AS value': [{ value: 'ON' }],
  'SELECT @@global.gtid_executed AS value': [{ value: '90a8153f-e9f0-11f1-9966-02fc00000001:1-6' }],
  'SHOW BINARY LOG STATUS': [
    {
      File: 'binlog.000001',
      Position: '1574',
      Binlog_Do_DB: '',
      Binlog_Ignore_DB: '',
      Executed_Gtid_Set: '90a8153f-e9f0-11f1-9966-02fc00000001:1-6',
    },
  ],
} satisfies Answers;

const parseError =
  "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near 'MASTER STATUS' at line 1";
const denied =
  'Access denied; you need (at least one of) the SUPER, REPLICATION CLIENT privilege(s) for this operation';

type Answers = Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>;

function server(answers: Answers, refusal = parseError): MysqlServer {
  const connection: MysqlConnection = {
    database: 'shop',
    rows: (sql) => (sql in answers ? Promise.resolve(answers[sql]!) : Promise.reject(new Error(refusal))),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return new MysqlServer(connection);
}

const end = { file: 'binlog.000001', offset: 1574n };

test('the position of a MySQL is the count of its transactions, and it knows that of the end of its log alone', async () => {
  expect(await server(recorded).position()).toBe(6n);
  expect(await server(recorded).positionAt(end)).toBe(6n);
  expect(await server(recorded).isAt(end)).toBe(true);
  expect(await server(recorded).positionAt({ ...end, offset: 1263n })).toBeUndefined();
  expect(await server(recorded).isAt({ ...end, file: 'binlog.000002' })).toBe(false);
});

test('a MySQL that names no transactions cannot order writes, and it is said how to do without', async () => {
  const unnamed = { ...recorded, 'SELECT @@global.gtid_mode AS value': [{ value: 'OFF' }] };
  await expect(server(unnamed).position()).rejects.toMatchObject({
    code: 'FIG_DEBEZIUM_SETTING',
    remedy: expect.stringContaining('events.settle'),
  });
});

test('an account that may not see the end of the log is told the grant', async () => {
  const { 'SHOW BINARY LOG STATUS': _, ...allowed } = recorded;
  await expect(server(allowed, denied).isAt(end)).rejects.toMatchObject({
    code: 'FIG_DEBEZIUM_SETTING',
    remedy: expect.stringContaining('REPLICATION CLIENT'),
  });
});
