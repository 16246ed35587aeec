import type { Knex } from 'knex';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Change } from '../../../src/sync/change.ts';
import { LandingTable } from '../../../src/sync/landing/landing-table.ts';
import type { LandedTable } from '../../../src/sync/landing/mysql-catalog.ts';
import { mysqlColumn } from '../../../src/sync/landing/mysql-column.ts';
import { collapseChanges } from '../../../src/sync/mirror/collapse-changes.ts';
import { openTarget } from '../../../src/sync/open-target.ts';
import { unchanged } from '../../../src/sync/postgres/pgoutput-messages.ts';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts';

let database: TestDatabase;
let db: Knex;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openTarget(database.url, 2);
});

beforeEach(() => db.raw('DROP TABLE IF EXISTS public."odd \\?table"'));

afterAll(async () => {
  await db.destroy();
  await database[Symbol.asyncDispose]();
});

const columns = { id: 'bigint(20) unsigned', 'a ?b': 'varchar(20)', at: 'datetime(6)', flags: 'bit(4)' };

function table(given: Readonly<Record<string, string>> = columns): LandingTable {
  const definition: LandedTable = {
    name: 'odd ?table',
    columns: Object.entries(given).map(([name, type]) => mysqlColumn(name, type)),
    key: ['id'],
  };
  return new LandingTable(definition);
}

const prepare = (each: LandingTable, mayMake = true): Promise<readonly string[]> =>
  db.transaction((tx) => each.prepare(tx, { mayMake }));

async function land(each: LandingTable, ...changes: readonly Change[]): Promise<readonly object[]> {
  const net = collapseChanges(changes, new Map([['t', ['id']]])).get('t')!;
  await db.transaction((tx) => each.land(tx, net));
  return (await db.raw('SELECT t::text AS row FROM public."odd \\?table" t ORDER BY id')).rows;
}

const row = (id: string, text: string | null): { readonly [column: string]: string | null } => ({
  id,
  'a ?b': text,
  at: '2026-01-02 03:04:05.678901',
  flags: '0101',
});

test('rows come, change, change their keys and go', async () => {
  const landing = table();
  expect(await prepare(landing)).toEqual([]);
  const t = 't';
  await land(landing, { kind: 'insert', table: t, row: row('18446744073709551615', 'x') });
  await land(landing, { kind: 'insert', table: t, row: row('2', null) });
  // What comes again after a restart, or from a snapshot, is written over what is there.
  expect(await land(landing, { kind: 'insert', table: t, row: row('2', 'again') })).toHaveLength(2);
  expect(
    await land(
      landing,
      { kind: 'update', table: t, oldKey: { id: '2' }, row: row('3', 'moved') },
      { kind: 'delete', table: t, oldKey: { id: '18446744073709551615' } },
    ),
  ).toEqual([{ row: '(3,moved,"2026-01-02 03:04:05.678901",0101)' }]);
  expect(
    await land(landing, { kind: 'truncate', tables: [t] }, { kind: 'insert', table: t, row: row('9', 'after') }),
  ).toEqual([{ row: '(9,after,"2026-01-02 03:04:05.678901",0101)' }]);
});

test('a change that does not hold the whole row is refused', async () => {
  const landing = table();
  await prepare(landing);
  const partial: Change = { kind: 'update', table: 't', oldKey: undefined, row: { ...row('1', 'x'), at: unchanged } };
  await expect(land(landing, partial)).rejects.toMatchObject({ code: 'FIG_DEBEZIUM_SETTING' });
});

test('columns that came later are left out, and told', async () => {
  await prepare(table());
  const now = table({ ...columns, later: 'int' });
  expect(await prepare(now, false)).toEqual(['later']);
  expect(await land(now, { kind: 'insert', table: 't', row: { ...row('1', 'x'), later: '5' } })).toHaveLength(1);
});

test.each([
  ['a column that is gone', { id: columns.id, at: columns.at, flags: columns.flags }, /a \?b is gone/],
  [
    'a column of another type',
    { ...columns, at: 'datetime' },
    /at was timestamp without time zone and is timestamp\(3\)/,
  ],
])('%s is refused', async (_, given, message) => {
  await prepare(table());
  const refused = prepare(table(given), false);
  await expect(refused).rejects.toThrow(message);
  await expect(refused).rejects.toMatchObject({ code: 'FIG_SOURCE_CHANGED' });
});

test('a table that nobody asked for when the others began to land is refused: it would lack what came before', async () => {
  await expect(prepare(table(), false)).rejects.toMatchObject({ code: 'FIG_SOURCE_CHANGED' });
});

test('a table that was made is known as it is, its key in the order of the key', async () => {
  await db.raw(
    `CREATE TABLE public."odd \\?table" (a integer, b bigint, c numeric UNIQUE, gone text, PRIMARY KEY (b, a))`,
  );
  await db.raw('ALTER TABLE public."odd \\?table" DROP COLUMN gone');
  const made = await db.transaction((tx) => LandingTable.made(tx, 'odd ?table'));
  expect(made).toMatchObject({ name: 'odd ?table', key: ['b', 'a'] });
  expect(made!.columns.map(({ name, mirrorType }) => `${name} ${mirrorType}`)).toEqual([
    'a integer',
    'b bigint',
    'c numeric',
  ]);
  expect(await db.transaction((tx) => LandingTable.made(tx, 'not there'))).toBeUndefined();
});
