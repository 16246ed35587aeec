import { once } from 'node:events';
import type { Knex } from 'knex';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LandingPlace, nothingLanded } from '../../../src/sync/landing/landing-place.ts';
import { settledPrefix, SettledWrites } from '../../../src/sync/landing/settled-writes.ts';
import { openTarget } from '../../../src/sync/open-target.ts';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts';
import { until } from '../../support/until.ts';

let database: TestDatabase;
let db: Knex;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openTarget(database.url, 2);
  await db.raw(`SELECT pg_create_logical_replication_slot(?, 'test_decoding')`, [`told_${database.name}`]);
});

afterAll(async () => {
  await db.destroy();
  await database[Symbol.asyncDispose]();
});

/** Contents of the messages that were written since it was asked before. */
async function told(): Promise<readonly string[]> {
  const { rows } = await db.raw('SELECT data FROM pg_logical_slot_get_changes(?, NULL, NULL)', [
    `told_${database.name}`,
  ]);
  return (rows as { data: string }[]).flatMap(({ data }) =>
    data.includes(`prefix: ${settledPrefix}`) ? [/content:(.*)$/.exec(data)![1]!] : [],
  );
}

test('a step is told once everything that was written so long after it has landed', async () => {
  const place = new LandingPlace('settled');
  await place.claim(db);
  await db.transaction((tx) => place.move(tx, { ...nothingLanded, isWhole: true }, true));
  let step = 0n;
  const clock = { read: () => Promise.resolve((step += 1n)), nudge: () => undefined };
  const settled = new SettledWrites({ db, place, clock, settleMs: 1_000 });
  const at = performance.now();
  await settled.tell(undefined);
  await settled.tell(at + 500);
  expect(await told()).toEqual([]);
  const landedAt = performance.now() + 1_001;
  await settled.tell(landedAt);
  expect(await told()).toEqual(['3']);
  // Of what has not moved nothing is said again.
  await settled.tell(landedAt);
  await settled.tell(at + 1_000);
  expect(await told()).toEqual([]);

  const other = new LandingPlace('settled');
  await other.claim(db);
  await expect(settled.tell(performance.now() + 1_001)).rejects.toMatchObject({ code: 'FIG_PROJECTION_FAILED' });
  expect(await told()).toEqual([]);
});

test('while the store tells no step nothing is promised, and nothing fails', async () => {
  const place = new LandingPlace('silent');
  await place.claim(db);
  const clock = { read: () => Promise.reject(new Error('the store is away')), nudge: () => undefined };
  await new SettledWrites({ db, place, clock, settleMs: 1 }).tell(performance.now() + 10_000);
  expect(await told()).toEqual([]);
});

test('a step counts from when it was taken, however long the store took to give it', async () => {
  const place = new LandingPlace('slow');
  await place.claim(db);
  const slow = new AbortController();
  let step = 6n;
  const read = async (): Promise<bigint> => {
    if (!slow.signal.aborted) await once(slow.signal, 'abort');
    return (step += 1n);
  };
  const clock = { read, nudge: () => undefined };
  const settled = new SettledWrites({ db, place, clock, settleMs: 1_000 });
  const askedAt = performance.now();
  const telling = settled.tell(undefined);
  await until('the store has taken its time', () => performance.now() - askedAt > 50);
  // Somebody who wrote just now may have the step before it.
  const givenAt = performance.now();
  slow.abort();
  await telling;
  await settled.tell(givenAt + 999);
  expect(await told()).toEqual([]);
});

test('a step that could not be told is told the next time', async () => {
  const place = new LandingPlace('again');
  let step = 0n;
  const clock = { read: () => Promise.resolve((step += 1n)), nudge: () => undefined };
  const settled = new SettledWrites({ db, place, clock, settleMs: 1 });
  await settled.tell(undefined);
  const landedAt = performance.now() + 1;
  // The place is nobody's yet.
  await expect(settled.tell(landedAt)).rejects.toMatchObject({ code: 'FIG_PROJECTION_FAILED' });
  await place.claim(db);
  await settled.tell(landedAt);
  expect(await told()).toEqual(['1']);
});
