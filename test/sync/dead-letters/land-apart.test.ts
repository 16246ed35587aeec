import type { Knex } from 'knex';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import type { Change } from '../../../src/sync/change.ts';
import { CarefulAttempts } from '../../../src/sync/dead-letters/attempts.ts';
import { landApart } from '../../../src/sync/dead-letters/land-apart.ts';
import { collapseChanges } from '../../../src/sync/mirror/collapse-changes.ts';
import { MirrorTable } from '../../../src/sync/mirror/mirror-table.ts';
import { openTarget } from '../../../src/sync/open-target.ts';
import { describeTable } from '../../../src/sync/postgres/catalog.ts';
import { unchanged } from '../../../src/sync/postgres/pgoutput-messages.ts';
import { createTestDatabase } from '../../support/test-database.ts';

const table = 'public.things';
const poison: Change = { kind: 'insert', table, row: { id: '9', said: 'poison', large: null } };
const move = (from: string, to: string): Change => ({
  kind: 'update',
  table,
  oldKey: { id: from },
  row: { id: to, said: `${from} to ${to}`, large: unchanged },
});

interface LandedApart {
  readonly db: Knex;
  readonly mirror: MirrorTable;
  readonly careful: CarefulAttempts;
}

/** Lands changes with care in a mirror that has the rows 1, 2 and 3, and that takes no poison. */
async function landedApart(
  changes: readonly Change[],
  mayMiss: boolean,
  check: (landed: LandedApart) => Promise<void>,
): Promise<void> {
  await using database = await createTestDatabase();
  const db = openTarget(database.url);
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query('CREATE TABLE things (id bigint PRIMARY KEY, said text, large text)');
    await client.query(`CREATE SCHEMA mirror
      CREATE TABLE things (id bigint PRIMARY KEY, said text CHECK (said <> 'poison'), large text)`);
    await client.query(`INSERT INTO mirror.things SELECT n, 'first', 'large ' || n FROM generate_series(1, 3) n`);
    const mirror = new MirrorTable('mirror', (await describeTable(client, table))!, ['id']);
    const careful = new CarefulAttempts(10);
    const net = collapseChanges(changes, new Map([[table, ['id']]])).get(table)!;
    await db.transaction((tx) => landApart(tx, careful, mirror, net, { mayMiss, readStored: false }));
    await check({ db, mirror, careful });
  } finally {
    await client.end();
    await db.destroy();
  }
}

const largeOf = (db: Knex): Promise<unknown> => db('mirror.things').orderBy('id').select('id', 'large');

test.each([
  ['a chain', [move('2', '5'), move('1', '2')], { 2: 'large 1', 3: 'large 3', 5: 'large 2' }],
  ['an exchange', [move('1', '7'), move('2', '1'), move('7', '2')], { 1: 'large 2', 2: 'large 1', 3: 'large 3' }],
])('%s of keys keeps the large value of every row, though changes are landed apart', async (_, changes, expected) => {
  // Before, between and after them, so that whatever is halved first, they come apart.
  for (let at = 0; at <= changes.length; at += 1) {
    await landedApart(changes.toSpliced(at, 0, poison), false, async ({ db, careful }) => {
      expect(careful.failures.map(({ sourceKey }) => sourceKey)).toEqual([['9']]);
      expect(await largeOf(db)).toEqual(Object.entries(expected).map(([id, large]) => ({ id, large })));
    });
  }
});

test('a row that is not there yet is missed, also where another one takes its old key first', async () => {
  const changes = [poison, move('20', '25'), move('1', '20')];
  await landedApart(changes, true, async ({ db, mirror }) => {
    expect(new Set(mirror.takeMissed().flat())).toEqual(new Set(['25']));
    expect(await largeOf(db)).toEqual([
      { id: '2', large: 'large 2' },
      { id: '3', large: 'large 3' },
      { id: '20', large: 'large 1' },
    ]);
  });
});
