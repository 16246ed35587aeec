import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLog } from '../../../src/kernel/log.ts';
import { SharedModels } from '../../../src/sync/offices/shared-models.ts';
import { officeLock, Tenure } from '../../../src/sync/kafka/transport/tenure.ts';
import { createStoreDatabase, type TestDatabase } from '../../support/test-database.ts';
import { until } from '../../support/until.ts';

const names = ['a', 'b', 'c', 'd'];
let store: TestDatabase;

beforeAll(async () => {
  store = await createStoreDatabase();
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
});

/** A process that takes part from now on. */
function take(migration: string): SharedModels & AsyncDisposable {
  const commonLock = officeLock('projector', migration);
  const options = { storeUrl: store.url, migration, process: randomUUID(), readModels: names, commonLock };
  const shared = new SharedModels({ ...options, log: silentLog });
  shared.begin();
  return Object.assign(shared, { [Symbol.asyncDispose]: () => shared.stop() });
}

const heldBy = (shared: SharedModels): readonly string[] => [...shared.held].toSorted();

test('what a process is to give up another one gets when nothing more is done with it, and not before', async () => {
  await using first = take('shop');
  await until('the first has all', () => first.held.size === 4);
  first.use(names);
  await using second = take('shop');
  await until('it is told to give up', () => first.leaving.size === 2);
  const [leaving, other] = [...first.leaving] as [string, string];
  expect(heldBy(first)).toEqual(names.filter((name) => name !== leaving && name !== other));
  await until('the second knows its share', () => second.isSettled);
  expect(heldBy(second)).toEqual([]);
  first.release(leaving);
  await until('it has what was released', () => second.held.size > 0);
  expect(heldBy(second)).toEqual([leaving]);
  expect([...first.leaving]).toEqual([other]);
  first.use([]);
  await until('it has the rest', () => second.held.size === 2);
  expect([...heldBy(first), ...heldBy(second)].toSorted()).toEqual(names);
});

test('who has lost its session holds nothing at once, and is told; its share is had again by those that live', async () => {
  await using first = take('lost');
  await until('the first has all', () => first.held.size === 4);
  await until('they are told to the others', async () => (await toldBy('lost')).length === 4);
  const lost = first.lost!;
  const client = new Client({ connectionString: store.url });
  await client.connect();
  await client.query(
    `SELECT pg_terminate_backend(session) FROM fig.seat WHERE migration = 'lost' AND office = 'projector'`,
  );
  await client.end();
  await until('it is known', () => lost.aborted);
  expect(heldBy(first)).toEqual([]);
  await until('it has them again', () => first.held.size === 4);
  expect(first.lost).not.toBe(lost);
  await using second = take('lost');
  await until('both have their shares', () => first.held.size === 2 && second.held.size === 2);
  await first.stop();
  await until('who stays has all', () => second.held.size === 4);
  expect(first.held.size).toBe(0);
});

test('those of another migration share nothing with it, and whoever applies all alone is waited for', async () => {
  const never = new AbortController().signal;
  const alone = await Tenure.take(store.url, { migration: 'bank', office: 'projector' }, never);
  await using first = take('bank');
  await using second = take('bank');
  await using other = take('house');
  await until('the other migration has all of its own', () => other.held.size === 4);
  await until('both have a seat', async () => (await seats('bank')) === 3);
  expect([first, second].map((each) => each.isSettled)).toEqual([false, false]);
  await alone![Symbol.asyncDispose]();
  await until('both share', () => first.held.size === 2 && second.held.size === 2);
  expect([...heldBy(first), ...heldBy(second)].toSorted()).toEqual(names);
  expect(other.held.size).toBe(4);
});

test('who waits for a change of its share is called when there is one', async () => {
  await using first = take('calls');
  const changed = first.changed(AbortSignal.timeout(20_000));
  await changed;
  expect(first.held.size).toBe(4);
  first.use(names);
  const leaving = first.changed(AbortSignal.timeout(20_000));
  await using second = take('calls');
  await leaving;
  expect(first.leaving.size).toBe(2);
  expect(second.held.size).toBe(0);
});

async function toldBy(migration: string): Promise<readonly string[]> {
  const rows = await onStore(`SELECT unnest(held) AS name FROM fig.seat WHERE migration = '${migration}'`);
  return rows.map(({ name }) => name!);
}

async function seats(migration: string): Promise<number> {
  return (await onStore(`SELECT process::text AS name FROM fig.seat WHERE migration = '${migration}'`)).length;
}

async function onStore(sql: string): Promise<readonly { name?: string }[]> {
  const client = new Client({ connectionString: store.url });
  await client.connect();
  try {
    return (await client.query<{ name?: string }>(sql)).rows;
  } finally {
    await client.end();
  }
}
