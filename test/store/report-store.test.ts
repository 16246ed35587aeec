import { expect, test } from 'vitest';
import { EvidenceStore } from '../../src/store/evidence-store.ts';
import { latencyBucketOf } from '../../src/store/latency-buckets.ts';
import { ReportStore } from '../../src/store/report-store.ts';
import { createEvidenceTestStore, evidenceItem } from './evidence-test-store.ts';

const scope = ['orders', 'f1', 'shadow'] as const;

test('nothing is told of a step that has no evidence', async () => {
  await using db = await createEvidenceTestStore();
  await new EvidenceStore(db.knex).append([evidenceItem({ step: 'live' }), evidenceItem({ fingerprint: 'f2' })]);
  const store = new ReportStore(db.knex);
  expect([...(await store.observed(...scope))]).toEqual([]);
  expect(await store.coverage(...scope)).toEqual([]);
  expect(await store.latencies(...scope)).toEqual([]);
});

test('every comparison is counted, also where the same question proves the same again', async () => {
  await using db = await createEvidenceTestStore();
  const same = evidenceItem();
  const raced = evidenceItem({ verdict: 'raced', key: undefined });
  await new EvidenceStore(db.knex).append([same, same, { ...same, route: 'GET /orders' }, raced]);
  await new EvidenceStore(db.knex).append([same, { ...raced, reason: 'legacy changed' }]);
  expect(await new ReportStore(db.knex).observed(...scope)).toEqual(
    new Map([
      ['match', 4],
      ['raced', 2],
    ]),
  );
});

test('a kind of request counts as compared once something in it proves something', async () => {
  await using db = await createEvidenceTestStore();
  const stale = evidenceItem({ verdict: 'stale', key: undefined });
  await new EvidenceStore(db.knex).append([
    { ...stale, shape: '2xx ?page' },
    { ...stale, shape: '2xx ?page' },
    { ...stale, shape: '4xx' },
    evidenceItem({ shape: '2xx' }),
    evidenceItem({ route: 'GET /orders', shape: '2xx' }),
  ]);
  expect(await new ReportStore(db.knex).coverage(...scope)).toEqual([
    { route: 'GET /orders', kinds: 1, comparedKinds: 1, asked: 1 },
    { route: 'GET /orders/:id', kinds: 3, comparedKinds: 1, asked: 4 },
  ]);
});

test('latencies are told by route and side', async () => {
  await using db = await createEvidenceTestStore();
  const item = evidenceItem({ legacyMs: 10, candidateMs: 2 });
  await new EvidenceStore(db.knex).append([item, item, { ...item, route: 'GET /orders', candidateMs: undefined }]);
  expect(await new ReportStore(db.knex).latencies(...scope)).toEqual([
    { route: 'GET /orders', side: 'legacy', counts: new Map([[latencyBucketOf(10), 1]]) },
    { route: 'GET /orders/:id', side: 'candidate', counts: new Map([[latencyBucketOf(2), 2]]) },
    { route: 'GET /orders/:id', side: 'legacy', counts: new Map([[latencyBucketOf(10), 2]]) },
  ]);
});
