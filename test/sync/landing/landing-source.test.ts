import type { Knex } from 'knex';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { batchDefaults } from '../../../src/sync/batch-limits.ts';
import { DirectSource } from '../../../src/sync/capture/direct-source.ts';
import type { ChangeStream } from '../../../src/sync/change-stream.ts';
import { LandingPlace, nothingLanded } from '../../../src/sync/landing/landing-place.ts';
import { LandingSource } from '../../../src/sync/landing/landing-source.ts';
import { settledPrefix } from '../../../src/sync/landing/settled-writes.ts';
import { openTarget } from '../../../src/sync/open-target.ts';
import { identifySource } from '../../../src/sync/postgres/identify-source.ts';
import { spoolDefaults } from '../../../src/sync/postgres/spool-space.ts';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts';

let database: TestDatabase;
let db: Knex;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openTarget(database.url, 2);
  await db.raw('CREATE TABLE orders (id int PRIMARY KEY)');
});

afterAll(async () => {
  await db.destroy();
  await database[Symbol.asyncDispose]();
});

interface Given {
  readonly prefix: string;
  readonly settleMs?: number;
  /** How far the steps of the store are. */
  readonly steps?: bigint;
  readonly failure?: string;
}

function sourceOf({ prefix, settleMs, steps = 0n, failure }: Given): LandingSource {
  return new LandingSource({
    direct: new DirectSource({ url: database.url, spool: spoolDefaults, batch: batchDefaults }),
    db,
    prefix,
    source: {
      read: () => Promise.resolve(steps),
      nudge: () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    },
    settleMs,
    failure: () => failure,
  });
}

/** Reads on, behind what the log has now. */
async function open(source: LandingSource, slot: string): Promise<ChangeStream> {
  await db.raw('CREATE PUBLICATION ?? FOR TABLE orders', [slot]);
  const identity = await identifySource(database.url);
  await db.raw(`SELECT pg_create_logical_replication_slot(?, 'pgoutput')`, [slot]);
  await db.raw('SELECT pg_replication_slot_advance(?, pg_current_wal_insert_lsn())', [slot]);
  const { rows } = await db.raw(
    `SELECT (confirmed_flush_lsn - '0/0')::text AS at FROM pg_replication_slots WHERE slot_name = ?`,
    [slot],
  );
  const from = BigInt(rows[0].at);
  return source.open({ name: slot, identity, from, goingOn: [], all: 1, tables: new Set(['public.orders']) });
}

/** Where each transaction with changes ends, by the ids that it inserts; until one has that id. */
async function readUntil(stream: ChangeStream, last: string): Promise<ReadonlyMap<string, bigint>> {
  const ends = new Map<string, bigint>();
  while (!ends.has(last)) {
    for (const event of (await stream.next()) ?? []) {
      if (event.type !== 'transaction') continue;
      for (const change of event.transaction.changes) {
        if (change.kind === 'insert') ends.set(String(change.row['id']), event.transaction.endPosition);
      }
    }
  }
  return ends;
}

const landed = (position: bigint) => ({ ...nothingLanded, position, isWhole: true });

test('what has landed is known from the beginning of a stream on, and moves with the rows that land', async () => {
  const place = new LandingPlace('exact');
  await place.claim(db);
  await db.transaction((tx) => place.move(tx, landed(40n), true));
  const source = sourceOf({ prefix: 'exact' });
  const translate = (streamed: bigint): bigint | undefined => source.positions.translate(streamed);
  await using stream = await open(source, 'exact_slot');
  await db.transaction(async (tx) => {
    await tx.raw('INSERT INTO orders VALUES (1)');
    await place.move(tx, landed(50n), true);
  });
  await db.raw('INSERT INTO orders VALUES (2)');
  const ends = await readUntil(stream, '2');
  expect(translate(ends.get('1')! - 1n)).toBe(40n);
  expect(translate(ends.get('1')!)).toBe(50n);
  expect(translate(ends.get('2')!)).toBe(50n);
  // Of an earlier stream nothing is taken over: the log may be another one.
  await db.raw('INSERT INTO orders VALUES (3)');
  await stream[Symbol.asyncDispose]();
  await using again = await open(source, 'exact_again');
  expect(translate(ends.get('2')!)).toBeUndefined();
  await db.raw('INSERT INTO orders VALUES (4)');
  expect(translate((await readUntil(again, '4')).get('4')!)).toBe(50n);
});

test('where time orders writes, steps that the store has reached count, and what has landed does not', async () => {
  const place = new LandingPlace('timed');
  await place.claim(db);
  await db.transaction((tx) => place.move(tx, landed(40n), true));
  const source = sourceOf({ prefix: 'timed', settleMs: 1_000, steps: 7n });
  expect(source.positions.heldBackMs).toBe(1_000);
  const translate = (streamed: bigint): bigint | undefined => source.positions.translate(streamed);
  await using stream = await open(source, 'timed_slot');
  await db.raw('INSERT INTO orders VALUES (11)');
  await db.transaction((tx) => place.tell(tx, settledPrefix, 7n));
  await db.raw('INSERT INTO orders VALUES (12)');
  // Of another store, which had come further.
  await db.transaction((tx) => place.tell(tx, settledPrefix, 8n));
  await db.raw('INSERT INTO orders VALUES (13)');
  const ends = await readUntil(stream, '13');
  expect(['11', '12', '13'].map((id) => translate(ends.get(id)!))).toEqual([undefined, 7n, 7n]);
});

test('its turn comes when the tables are whole, also where an earlier version has landed them', async () => {
  const place = new LandingPlace('turn');
  const never = new AbortController().signal;
  const why = 'the connector is away';
  const source = sourceOf({ prefix: 'turn', failure: why });
  const waits = { code: 'FIG_TOPIC_WAITS', message: expect.stringContaining(why) };
  await expect(source.awaitTurn(never)).rejects.toMatchObject(waits);
  await place.claim(db);
  await db.transaction((tx) => place.move(tx, { ...nothingLanded, position: 3n }, true));
  await expect(source.awaitTurn(never)).rejects.toMatchObject(waits);
  await db('fig_landing.place').where({ prefix: 'turn' }).update({ is_whole: null });
  await source.awaitTurn(never);
  await db('fig_landing.place').where({ prefix: 'turn' }).update({ position: 0 });
  await expect(source.awaitTurn(never)).rejects.toMatchObject(waits);
  await db.transaction((tx) => place.move(tx, landed(0n), true));
  await source.awaitTurn(never);
});
