import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LandingTable } from '../../../src/sync/landing/landing-table.ts';
import { openMysql } from '../../../src/sync/landing/mysql-connection.ts';
import { MysqlServer } from '../../../src/sync/landing/mysql-server.ts';
import { positionOfSnapshot } from '../../../src/sync/landing/snapshot-end.ts';
import type { BinlogPlace } from '../../../src/sync/kafka/debezium/snapshot-mark.ts';
import { hasMariadb, type MariadbServer, startMariadb } from '../../support/mariadb-server.ts';
import { missingForMysql, startMysql } from '../../support/mysql-server.ts';

const tables = new Map(['orders', 'refunds'].map((name) => [name, { definition: { name } } as LandingTable]));
const all = new Set(['orders', 'refunds']);
const some = new Set(['orders']);

const kinds = [
  {
    server: 'MariaDB',
    missing: hasMariadb ? undefined : 'there is no mariadbd',
    start: startMariadb,
    statement: 'SHOW MASTER STATUS',
    reset: 'RESET MASTER',
    keepsPlaces: true,
  },
  {
    server: 'MySQL',
    missing: missingForMysql,
    start: startMysql,
    statement: 'SHOW BINARY LOG STATUS',
    reset: 'RESET BINARY LOGS AND GTIDS',
    keepsPlaces: false,
  },
].map((each) => ({ ...each, title: each.missing === undefined ? each.server : `${each.server} (${each.missing})` }));

/** Each is as the one before has left the server. */
describe.each(kinds)('where a snapshot of $title stands', ({ missing, start, statement, reset, keepsPlaces }) => {
  let running: MariadbServer;
  let server: MysqlServer;
  let place: BinlogPlace;

  beforeAll(async () => {
    if (missing !== undefined) return;
    running = await start();
    await running.sql('mysql', 'CREATE DATABASE shop');
    await running.sql('shop', 'CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE refunds (id int PRIMARY KEY)');
    await running.sql('shop', 'INSERT INTO orders VALUES (1)');
    server = new MysqlServer(openMysql(`mysql://fig:fig@127.0.0.1:${running.port}/shop`));
    place = await end();
  }, 60_000);
  beforeEach(({ skip }) => skip(missing !== undefined, missing));
  afterAll(async () => {
    await server?.connection[Symbol.asyncDispose]();
    await running?.[Symbol.asyncDispose]();
  });

  /** Where the log ends, as the server says it. */
  async function end(): Promise<BinlogPlace> {
    const [file, offset] = (await running.sql('mysql', statement))[0]!.split('\t');
    return { file: file!, offset: BigInt(offset!) };
  }

  const positionOf = (topics: ReadonlySet<string>, at: BinlogPlace = place): Promise<bigint | undefined> =>
    positionOfSnapshot({ ended: { place: at, topics }, tables, server, isExact: true });

  test('at the end of the log as long as nothing was written since, also of a table without rows', async () => {
    const position = await server.position();
    expect(position).toBeGreaterThan(0n);
    expect(await positionOf(all)).toBe(position);
    expect(await positionOf(some)).toBe(position);
    expect(await server.isAt(place)).toBe(true);
    expect(await server.isAt({ ...place, file: 'binlog.999999' })).toBe(false);
  });

  test('is known of a place that the server tells, and not of one that it does not have', async () => {
    const position = await server.position();
    await running.sql('shop', 'INSERT INTO orders VALUES (2)');
    expect(await server.position()).toBe(position + 1n);
    // Nobody knows whether the empty table was empty then.
    expect(await positionOf(some)).toBeUndefined();
    expect(await positionOf(all)).toBe(keepsPlaces ? position : undefined);
    expect(await positionOf(all, await end())).toBe(position + 1n);
    expect(await positionOf(all, { file: 'binlog.999999', offset: 4n })).toBeUndefined();
  });

  test('is not known while a table has rows of which no message came', async () => {
    await running.sql('shop', 'INSERT INTO refunds VALUES (1)');
    const now = await end();
    expect(await positionOf(some, now)).toBeUndefined();
    expect(await positionOf(all, now)).toBe(await server.position());
  });

  test('needs no position where time orders writes', async () => {
    const ended = { place: await end(), topics: all };
    expect(await positionOfSnapshot({ ended, tables, server, isExact: false })).toBe(0n);
  });

  test('is not the first position where the server has no transaction yet', async () => {
    await running.sql('mysql', reset);
    await expect(server.position()).rejects.toMatchObject({
      code: 'FIG_DEBEZIUM_SETTING',
      remedy: expect.stringContaining('write one row'),
    });
  });
});

test.each([
  ['all tables have rows and time orders writes', all, false, 0n],
  ['a table may be empty', some, false, undefined],
  ['a position is needed', all, true, undefined],
])('where nobody can be asked and %s', async (_how, topics, isExact, position) => {
  const ended = { place: { file: 'binlog.000001', offset: 4n }, topics };
  expect(await positionOfSnapshot({ ended, tables, server: undefined, isExact })).toBe(position);
});
