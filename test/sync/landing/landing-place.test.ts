import type { Knex } from 'knex';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LandingPlace, nothingLanded } from '../../../src/sync/landing/landing-place.ts';
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
  await db.transaction((tx) => place.move(tx, reached));
  expect(await new LandingPlace('shop').claim(db)).toEqual(reached);
  expect(await new LandingPlace('other').claim(db)).toBeUndefined();
});

test('who was replaced moves nothing any more, and what it wrote is rolled back', async () => {
  const [first, second] = [new LandingPlace('taken'), new LandingPlace('taken')];
  await first.claim(db);
  await db.transaction((tx) => first.move(tx, { ...nothingLanded, position: 5n }));
  await second.claim(db);
  await db.raw('CREATE TABLE landed (id int)');
  const late = db.transaction(async (tx) => {
    await tx.raw('INSERT INTO landed VALUES (1)');
    await first.move(tx, { ...nothingLanded, position: 6n });
  });
  await expect(late).rejects.toMatchObject({ code: 'FIG_PROJECTION_FAILED' });
  expect((await db.raw('SELECT count(*)::int AS n FROM landed')).rows).toEqual([{ n: 0 }]);
  await db.transaction((tx) => second.move(tx, { ...nothingLanded, position: 7n }));
  expect(await new LandingPlace('taken').claim(db)).toMatchObject({ position: 7n });
});
