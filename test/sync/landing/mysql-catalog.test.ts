import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { inspectMysql } from '../../../src/sync/landing/inspect-mysql.ts';
import { describeMysqlTable } from '../../../src/sync/landing/mysql-catalog.ts';
import { type MysqlConnection, openMysql } from '../../../src/sync/landing/mysql-connection.ts';
import { MysqlServer } from '../../../src/sync/landing/mysql-server.ts';
import { hasMariadb, type MariadbServer, startMariadb } from '../../support/mariadb-server.ts';

const ddl = `
  CREATE TABLE items (line int unsigned, price decimal(12, 4), order_id bigint unsigned, at datetime(6), short datetime,
    stamp timestamp(3) NULL, is_open bit(1), flags bit(5), took time(6), doubled int AS (line * 2) VIRTUAL,
    kept int AS (line * 3) STORED, body blob, doc longtext, kind enum('a', 'b'), PRIMARY KEY (order_id, line), UNIQUE (price));
  CREATE TABLE keyless (id int, UNIQUE (id));`;

describe('what a MariaDB says of itself', () => {
  let server: MariadbServer;
  let url: string;
  let connection: MysqlConnection;

  beforeEach(({ skip }) => skip(!hasMariadb, 'there is no mariadbd'));

  beforeAll(async () => {
    if (!hasMariadb) return;
    server = await startMariadb();
    await server.sql('mysql', 'CREATE DATABASE shop');
    await server.sql('shop', ddl);
    url = `mysql://${server.user}:${server.password}@127.0.0.1:${server.port}/shop`;
    connection = openMysql(url);
  }, 120_000);

  afterAll(async () => {
    await connection?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  test('of a table: columns that the log holds, as PostgreSQL can hold them, and the key in its order', async () => {
    const { key, columns } = await describeMysqlTable(connection, 'items');
    expect(key).toEqual(['order_id', 'line']);
    expect(Object.fromEntries(columns.map(({ name, mirrorType }) => [name, mirrorType]))).toEqual({
      line: 'bigint',
      price: 'numeric',
      order_id: 'numeric',
      at: 'timestamp without time zone',
      short: 'timestamp(3) without time zone',
      stamp: 'timestamp with time zone',
      is_open: 'boolean',
      flags: 'bit(5)',
      took: 'interval',
      kept: 'integer',
      body: 'bytea',
      doc: 'text',
      kind: 'text',
    });
  });

  test('of what it lacks', async () => {
    for (const [table, message] of [
      ['keyless', /no primary key/],
      ['nowhere', /not there/],
    ] as const) {
      await expect(describeMysqlTable(connection, table)).rejects.toMatchObject({
        code: 'FIG_PREFLIGHT_REFUSED',
        message: expect.stringMatching(message),
      });
    }
    const findings = await inspectMysql(url, { tables: ['items', 'keyless'], isExact: true });
    expect(findings.map(({ id, severity, subject }) => [id, severity, subject])).toEqual([
      ['landing-table', 'error', 'keyless'],
    ]);
  });

  test('of its log: each transaction moves it on by one, and a place of it has the position that it had', async () => {
    const asked = new MysqlServer(connection);
    const before = await asked.position();
    const [status] = await server.sql('shop', 'SHOW MASTER STATUS');
    const [file, offset] = status!.split('\t') as [string, string];
    const place = { file, offset: BigInt(offset) };
    expect(await asked.isEmpty('items')).toBe(true);
    expect(await asked.isAt(place)).toBe(true);
    await server.sql('shop', 'INSERT INTO items (line, order_id) VALUES (1, 1), (2, 1)');
    expect(await asked.position()).toBe(before + 1n);
    expect(await asked.positionAt(place)).toBe(before);
    expect(await asked.isAt(place)).toBe(false);
    expect(await asked.isEmpty('items')).toBe(false);
  });
});
