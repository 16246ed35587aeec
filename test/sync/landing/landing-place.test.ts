import type { Knex } from 'knex';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FigError } from '../../../src/kernel/fig-error.ts';
import { landedPrefix, LandingPlace, nothingLanded } from '../../../src/sync/landing/landing-place.ts';
import { openTarget } from '../../../src/sync/open-target.ts';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts';

let database: TestDatabase;
let db: Knex;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openTarget(database.url, 2);
});

afterAll(async () => {
  await db.destroy();
  await database[Symbol.asyncDispose]();
});

test('a place is where it was moved to, offsets of snapshots with it', async () => {
  const place = new LandingPlace('shop');
  expect(await place.claim(db)).toBeUndefined();
  const reached = {
    ...nothingLanded,
    snapshotPlace: { file: 'mysql-bin.000007', offset: 4n },
    isWhole: true,
    hasTransactions: true,
    position: 12345678901234567890n,
    snapshots: new Map([['shop.orders/0', 9_007_199_254_740_993n]]),
  };
  await db.transaction((tx) => place.move(tx, reached, true));
  expect(await new LandingPlace('shop').claim(db)).toEqual(reached);
  expect(await new LandingPlace('other').claim(db)).toBeUndefined();
});

test('who was replaced moves nothing any more, and what it wrote is rolled back', async () => {
  const [first, second] = [new LandingPlace('taken'), new LandingPlace('taken')];
  await first.claim(db);
  await db.transaction((tx) => first.move(tx, { ...nothingLanded, position: 5n }, true));
  await second.claim(db);
  await db.raw('CREATE TABLE landed (id int)');
  const late = db.transaction(async (tx) => {
    await tx.raw('INSERT INTO landed VALUES (1)');
    await first.move(tx, { ...nothingLanded, position: 6n }, true);
  });
  await expect(late).rejects.toMatchObject({ code: 'FIG_PROJECTION_FAILED' });
  expect((await db.raw('SELECT count(*)::int AS n FROM landed')).rows).toEqual([{ n: 0 }]);
  await db.transaction((tx) => second.move(tx, { ...nothingLanded, position: 7n }, true));
  expect(await new LandingPlace('taken').claim(db)).toMatchObject({ position: 7n });
});

test('what an earlier version has landed began with a transaction, so it is whole', async () => {
  await new LandingPlace('old').claim(db);
  const old = `is_made = true, is_whole = NULL, has_transactions = NULL`;
  await db.raw(`UPDATE fig_landing.place SET position = 5, ${old} WHERE prefix = 'old'`);
  expect(await new LandingPlace('old').claim(db)).toEqual({
    ...nothingLanded,
    position: 5n,
    isWhole: true,
    hasTransactions: true,
  });
  await db.raw(`UPDATE fig_landing.place SET position = 0, ${old} WHERE prefix = 'old'`);
  expect(await new LandingPlace('old').claim(db)).toEqual(nothingLanded);
});

test('a position is told to capture once the tables are whole and it may be told, and not before', async () => {
  const slot = `told_${database.name}`;
  await db.raw(`SELECT pg_create_logical_replication_slot(?, 'test_decoding')`, [slot]);
  const place = new LandingPlace('telling');
  await place.claim(db);
  await db.transaction((tx) => place.move(tx, { ...nothingLanded, position: 3n }, true));
  await db.transaction((tx) => place.move(tx, { ...nothingLanded, position: 4n, isWhole: true }, true));
  // What is rolled back was never told.
  const lost = db.transaction(async (tx) => {
    await place.move(tx, { ...nothingLanded, position: 5n, isWhole: true }, true);
    await tx.raw('SELECT 1 / 0');
  });
  await expect(lost).rejects.toThrow('division by zero');
  await db.transaction((tx) => place.move(tx, { ...nothingLanded, position: 5n, isWhole: true }, false));
  expect(await db('fig_landing.place').where({ prefix: 'telling' }).first()).toMatchObject({
    position: '5',
    told: '4',
  });
  // What is written after it takes everything before it to the disk, where it is read.
  await db.raw('CREATE TABLE written_after (id int)');
  const { rows } = await db.raw('SELECT data FROM pg_logical_slot_get_changes(?, NULL, NULL)', [slot]);
  const told = (rows as { data: string }[]).filter(({ data }) => data.includes(`prefix: ${landedPrefix}`));
  expect(told.map(({ data }) => /content:(.*)$/.exec(data)![1])).toEqual(['4']);
});

test('what was refused while something landed is refused again before anything more does, and by whoever comes', async () => {
  const place = new LandingPlace('refused');
  await place.claim(db);
  await db.transaction((tx) => place.move(tx, { ...nothingLanded, position: 5n, isWhole: true }, true));
  await place.refuse(db, new Error('the connection was lost'));
  await place.refuse(db, new FigError('FIG_TOPIC_WAITS', 'not yet'));
  await place.claim(db);
  await place.refuse(db, new FigError('FIG_TOPIC_GAP', 'another snapshot', { remedy: 'Land anew.' }));
  const refused = { code: 'FIG_TOPIC_GAP', message: 'another snapshot', remedy: 'Land anew.' };
  await expect(place.claim(db)).rejects.toMatchObject(refused);
  await expect(new LandingPlace('refused').claim(db)).rejects.toMatchObject(refused);
});

test('who was replaced refuses nothing', async () => {
  const [first, second] = [new LandingPlace('replaced'), new LandingPlace('replaced')];
  await first.claim(db);
  await second.claim(db);
  await first.refuse(db, new FigError('FIG_SOURCE_CHANGED', 'a column is gone'));
  await expect(second.claim(db)).resolves.toBeUndefined();
});
