import { expect, test } from 'vitest';
import { EvidenceStore } from '../../src/store/evidence-store.ts';
import type { EvidenceItem } from '../../src/store/evidence-item.ts';
import { groupIdOf } from '../../src/store/group-id.ts';
import { PairStore, readPair } from '../../src/store/pair-store.ts';
import type { PairSource, StoredPair } from '../../src/store/stored-pair.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { openStore } from '../../src/store/control-store.ts';
import { createEvidenceTestStore, evidenceItem } from './evidence-test-store.ts';

function pairOf(target: string): StoredPair {
  const answer = {
    status: 200,
    headers: {},
    body: { form: 'tree', kind: 'json', text: `"${target} \\u0000"` },
  } as const;
  return {
    question: { method: 'GET', target, headers: [], removed: [], hadCredentials: false },
    legacy: answer,
    candidate: undefined,
  };
}

function source(target: string): PairSource & { taken: number } {
  const made = {
    taken: 0,
    take: () => {
      made.taken += 1;
      return pairOf(target);
    },
  };
  return made;
}

function wrong(target: string, paths: readonly string[], pair: PairSource): EvidenceItem {
  const differences = paths.map((path) => ({
    kind: 'value' as const,
    path,
    at: path,
    legacy: '1',
    candidate: '2',
    critical: path === '$.b',
  }));
  return evidenceItem({ verdict: 'mismatch', key: Buffer.from(target), question: `GET ${target}`, differences, pair });
}

test('a pair is stored once for all groups that it is a sample of, and read with their ids', async () => {
  await using db = await createEvidenceTestStore();
  const pair = source('/orders/1');
  await new EvidenceStore(db.knex).append([wrong('/orders/1', ['$.a', '$.b'], pair), evidenceItem()]);
  const route = 'GET /orders/:id';
  const [stored, ...more] = await new PairStore(db.knex).list({ feature: 'orders', route });
  expect(more).toEqual([]);
  expect(stored).toMatchObject({
    ...pairOf('/orders/1'),
    feature: 'orders',
    route,
    groups: [
      { id: groupIdOf({ feature: 'orders', route, path: '$.a', kind: 'value' }), path: '$.a', critical: false },
      { path: '$.b', kind: 'value', critical: true },
    ],
  });
  expect(pair.taken).toBe(1);
  expect(await new PairStore(db.knex).list({ feature: 'invoices' })).toEqual([]);
  expect(await new PairStore(db.knex).list({ route: 'GET /' })).toEqual([]);
});

test('only what stays in a sample is made and stored: five of a group, and what they replace is gone', async () => {
  await using db = await createEvidenceTestStore();
  const store = new EvidenceStore(db.knex);
  const first = Array.from({ length: 8 }, (_, i) => source(`/first/${i}`));
  await store.append(
    first.map((pair, i) => wrong(`/first/${i}`, ['$.a'], pair)),
    () => 0.999,
  );
  expect(first.map(({ taken }) => taken)).toEqual([1, 1, 1, 1, 1, 0, 0, 0]);
  await store.append([wrong('/later', ['$.a'], source('/later'))], () => 0);
  const targets = (await new PairStore(db.knex).list()).map(({ question }) => question.target);
  expect(targets.toSorted()).toEqual(['/first/1', '/first/2', '/first/3', '/first/4', '/later']);
  const { rows } = await db.knex.raw<{ rows: unknown[] }>('SELECT FROM fig.stored_pair');
  expect(rows).toHaveLength(5);
});

test('forgetting a step forgets its pairs', async () => {
  await using db = await createEvidenceTestStore();
  const store = new EvidenceStore(db.knex);
  await store.append([wrong('/orders/1', ['$.a'], source('/orders/1'))]);
  await store.forget('orders', 'shadow');
  const { rows } = await db.knex.raw<{ rows: unknown[] }>('SELECT FROM fig.stored_pair');
  expect(rows).toEqual([]);
});

test('a pair that is let go leaves the sample without one', async () => {
  await using db = await createEvidenceTestStore();
  await new EvidenceStore(db.knex).append([wrong('/orders/1', ['$.a'], { take: () => undefined })]);
  expect(await new PairStore(db.knex).list()).toEqual([]);
  expect(await db.knex('fig.difference_sample').pluck('pair_id')).toEqual([null]);
});

test('a store that was prepared before pairs were kept has none', async () => {
  await using database = await createTestDatabase();
  const knex = openStore(database.url, { applicationName: 'fig test' });
  try {
    expect(await new PairStore(knex).list()).toEqual([]);
  } finally {
    await knex.destroy();
  }
});

const seenAt = (time: number, target: string, path: string): EvidenceItem => ({
  ...wrong(target, [path], source(target)),
  seenAt: time,
});

test('samples for trying rules are of each group the newest first, weighty groups before others, up to a size', async () => {
  await using db = await createEvidenceTestStore();
  const store = new EvidenceStore(db.knex);
  await store.append([seenAt(1, '/a/old', '$.a'), seenAt(3, '/b', '$.b'), seenAt(2, '/a/new', '$.a')]);
  await store.append([{ ...seenAt(9, '/other-step', '$.a'), step: 'canary 5%' }]);
  const scope = { feature: 'orders', fingerprint: 'f1', step: 'shadow' };
  const pairs = new PairStore(db.knex);
  const targetsOf = async (bytes: number): Promise<string[]> =>
    (await pairs.samples(scope, bytes)).map((row) => readPair(row).question.target);
  // Two of the group at $.a, so that it spoils more.
  expect(await targetsOf(100_000)).toEqual(['/a/new', '/b', '/a/old']);
  const [first, second] = await pairs.samples(scope, 100_000);
  const size = [first!, second!].reduce((sum, { question, legacy }) => sum + question.length + legacy!.length, 0);
  expect(await targetsOf(size)).toEqual(['/a/new', '/b']);
  expect(await targetsOf(size - 1)).toEqual(['/a/new']);
  expect(readPair(first!)).toMatchObject({ feature: 'orders', groups: [{ path: '$.a', kind: 'value' }] });
});
