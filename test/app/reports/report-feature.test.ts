import { expect, test } from 'vitest';
import { describeBound } from '../../../src/app/reports/describe-bound.ts';
import { reportFeature } from '../../../src/app/reports/report-feature.ts';
import { versionsOf } from '../../../src/config/feature-versions.ts';
import { normalizeConfig } from '../../../src/config/normalize-config.ts';
import { decideGate } from '../../../src/cutover/decide-gate.ts';
import type { GateReading } from '../../../src/cutover/ports.ts';
import { EvidenceStore } from '../../../src/store/evidence-store.ts';
import { createEvidenceTestStore, evidenceItem } from '../../store/evidence-test-store.ts';

const config = normalizeConfig(
  {
    legacy: { url: 'http://127.0.0.1:1' },
    features: [
      {
        name: 'orders',
        candidate: 'http://127.0.0.1:2',
        routes: ['GET /orders', 'GET /orders/:id'],
        compare: { ignore: ['$.at'], keyed: { '$.items': 'id' }, critical: ['$.total'] },
        cutover: { maxMismatchRate: 0.02, confidence: 0.95 },
      },
    ],
  },
  'fig.config.ts',
);
const feature = versionsOf(config.features[0]!)[0]!;
const { fingerprint, cutover: policy } = feature;
const health = { readModelReady: true, lagSeconds: 0 };

async function readingOf(store: EvidenceStore): Promise<GateReading> {
  const reads = { phase: 'shadow', percent: 0 } as const;
  const evidence = await store.summarize('orders', fingerprint, 'shadow');
  return {
    row: { feature: 'orders', reads, revision: 1, enteredAt: new Date(), secondsInStep: 1 },
    version: undefined,
    evidence,
    health,
    decision: decideGate({ state: reads, evidence, health, policy }),
  };
}

test('joins what was compared with the routes, rules and limits of the config', async () => {
  await using db = await createEvidenceTestStore();
  const store = new EvidenceStore(db.knex);
  const item = evidenceItem({ fingerprint });
  await store.append(Array.from({ length: 396 }, (_, i) => ({ ...item, key: Buffer.from(`ok ${i}`) })));
  const wrong = { kind: 'value', path: '$.n', at: '$.n', legacy: '1', candidate: '2', critical: false } as const;
  await store.append(
    Array.from({ length: 4 }, (_, i) => ({
      ...item,
      verdict: 'mismatch' as const,
      key: Buffer.from(`wrong ${i}`),
      differences: [wrong],
    })),
  );
  await store.append([{ ...item, verdict: 'undetermined', reason: 'too-large', key: undefined }]);

  const report = await reportFeature(db.knex, feature, await readingOf(store));
  expect(report).toMatchObject({ feature: 'orders', reads: 'shadow', matchRate: 0.99, critical: 0 });
  expect(report.looked?.sentence).toBe('all reads that the budget has room for');
  const sampled = {
    ...feature,
    shadow: { maxPerSecond: 5, sample: { percent: 10, by: 'visitor' } as const, harmlessWrites: [], pairs: true },
  };
  const seen = { asked: 12_030, chosen: 1_204 };
  expect((await reportFeature(db.knex, sampled, await readingOf(store), { seen })).looked).toEqual({
    percent: 10,
    by: 'visitor',
    ...seen,
    sentence: '10 % of visitors: 1,204 of 12,030 reads since the start (10 %)',
  });
  expect(report.observed).toMatchObject({ match: 396, mismatch: 4, undetermined: 1, raced: 0 });
  expect(report.routes).toMatchObject([
    { route: 'GET /orders', asked: 0, kinds: 0, comparedKinds: 0, legacyP95Ms: undefined },
    { route: 'GET /orders/:id', asked: 401, kinds: 1, comparedKinds: 1, comparisons: { match: 396, mismatch: 4 } },
  ]);
  expect(report.groups).toMatchObject([
    { path: '$.n', spoiled: 4, share: 0.01, inStep: true, samples: expect.any(Array) },
  ]);
  // What is proven, and what the gate asks for, in one sentence.
  expect(report.bound).toMatchObject({ confidence: 0.95, limit: 0.02 });
  expect(report.bound.rate).toBeGreaterThan(0.01);
  expect(report.bound.sentence).toMatch(/^fewer than [\d.]+ % differ, with 95 % confidence \(limit 2 %\)$/);
  expect(report.gate.blockers[0]).toBe(report.gate.reason);
  expect(report.latency.legacy).toMatchObject({ count: 401, p50Ms: expect.closeTo(10, 0) });
  expect(report.latency.candidate.p99Ms).toBeGreaterThan(18);
  expect(report.reasons).toEqual([
    { route: 'GET /orders/:id', verdict: 'undetermined', reason: 'too-large', count: 1 },
  ]);
  expect(report.rules).toEqual([
    { rule: 'critical', where: '$.total', detail: 'any difference fails the gate' },
    { rule: 'ignore', where: '$.at', detail: 'not compared' },
    { rule: 'keyed', where: '$.items', detail: 'elements paired by id' },
    { rule: 'header', where: 'content-type', detail: 'compared' },
  ]);
});

test('a feature that nobody has asked for has a report, which claims nothing', async () => {
  await using db = await createEvidenceTestStore();
  const report = await reportFeature(db.knex, feature, await readingOf(new EvidenceStore(db.knex)));
  expect(report).toMatchObject({ matchRate: undefined, groups: [], uncovered: [], latency: { legacy: { count: 0 } } });
  expect(report.bound).toMatchObject({ rate: 1, sentence: 'nothing is proven yet (limit 2 %)' });
  expect(report.routes.map(({ route }) => route)).toEqual(['GET /orders', 'GET /orders/:id']);
});

const said = (rate: number): string => describeBound({ rate, confidence: 0.95, limit: 0.001 });

test('what keeps the proof from being complete is not told again when it fails the gate', async () => {
  await using db = await createEvidenceTestStore();
  const store = new EvidenceStore(db.knex);
  const item = evidenceItem({ fingerprint, verdict: 'mismatch' });
  const wrong = Array.from({ length: 60 }, (_, i) => ({ ...item, key: Buffer.from(`wrong ${i}`) }));
  await store.append([...wrong, evidenceItem({ fingerprint })]);
  const { gate } = await reportFeature(db.knex, feature, await readingOf(store));
  expect(gate).toMatchObject({ result: 'FAIL', blockers: [gate.reason] });
});

test('the bound is never said to be lower than it is', () => {
  expect(said(0.001)).toContain('fewer than 0.1 % differ');
  expect(said(0.001_000_01)).toContain('fewer than 0.101 % differ');
  expect(said(0.30312)).toContain('fewer than 30.4 % differ');
  expect(said(0.9999)).toContain('fewer than 100 % differ');
});
