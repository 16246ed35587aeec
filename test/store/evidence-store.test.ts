import { describe, expect, test } from 'vitest';
import { unmigrateStore } from '../../src/store/control-store.ts';
import { DifferenceStore } from '../../src/store/difference-store.ts';
import { slotOf } from '../../src/store/difference-rows.ts';
import { EvidenceStore } from '../../src/store/evidence-store.ts';
import { openEvidence } from '../../src/store/open-evidence.ts';
import type { Difference } from '../../src/kernel/verdict.ts';
import type { EvidenceItem } from '../../src/store/evidence-item.ts';
import { createEvidenceTestStore, evidenceItem } from './evidence-test-store.ts';

const scope = ['orders', 'f1', 'shadow'] as const;
const none = { match: 0, mismatch: 0, stale: 0, raced: 0, undetermined: 0, error: 0, skipped: 0 };

function difference(more: Partial<Difference> = {}): Difference {
  return { kind: 'value', path: '$.total', at: '$.total', legacy: '1', candidate: '2', critical: false, ...more };
}

function wrong(key: string, path: string, more: Partial<Difference> = {}): EvidenceItem {
  return evidenceItem({ verdict: 'mismatch', key: Buffer.from(key), differences: [difference({ path, ...more })] });
}

describe('evidence', () => {
  test('there is none at first', async () => {
    await using db = await createEvidenceTestStore();
    const store = new EvidenceStore(db.knex);
    await store.append([]);
    expect(await store.summarize(...scope)).toEqual({
      feature: 'orders',
      fingerprint: 'f1',
      step: 'shadow',
      verdicts: none,
      critical: 0,
      refusals: 0,
      uncovered: [],
      neverAgreed: [],
      routes: [],
      legacyP95Ms: undefined,
      candidateP95Ms: undefined,
    });
  });

  test('the same proof counts once, in one batch and over many; what proves nothing counts each time', async () => {
    await using db = await createEvidenceTestStore();
    const store = new EvidenceStore(db.knex);
    const same = evidenceItem();
    const other = evidenceItem({ key: Buffer.from('other') });
    const differing = evidenceItem({ verdict: 'mismatch', key: Buffer.from('wrong') });
    const stale = evidenceItem({ verdict: 'stale', key: undefined });
    const failed = evidenceItem({ verdict: 'error', reason: 'timeout', key: Buffer.from('failed') });
    for (let i = 0; i < 3; i += 1) await store.append([same, other, same, differing, stale, failed]);
    const { verdicts } = await store.summarize(...scope);
    expect(verdicts).toEqual({ ...none, match: 2, mismatch: 1, error: 1, stale: 3 });
    expect(await store.reasons(...scope)).toEqual([
      { route: 'GET /orders/:id', verdict: 'error', reason: 'timeout', count: 3 },
    ]);
  });

  test('what an earlier stay in a step left behind late is dropped', async () => {
    await using db = await createEvidenceTestStore();
    const store = new EvidenceStore(db.knex);
    await db.knex('fig.feature_phase').insert({ feature: 'orders', phase: 'shadow', percent: 0, revision: 7 });
    await store.append([
      evidenceItem({ stay: 5, verdict: 'error', key: Buffer.from('late') }),
      evidenceItem({ stay: 7, key: Buffer.from('present') }),
      evidenceItem({ key: Buffer.from('unknown') }),
      evidenceItem({ stay: 5, feature: 'elsewhere', key: Buffer.from('no row') }),
    ]);
    expect((await store.summarize(...scope)).verdicts).toEqual({ ...none, match: 2 });
    expect((await store.summarize('elsewhere', 'f1', 'shadow')).verdicts).toEqual({ ...none, match: 1 });
  });

  test('routes, steps, fingerprints and features are kept apart', async () => {
    await using db = await createEvidenceTestStore();
    const store = new EvidenceStore(db.knex);
    await store.append([
      evidenceItem(),
      evidenceItem({ route: 'GET /orders', verdict: 'skipped', reason: 'conditional', shape: undefined }),
      evidenceItem({ step: 'canary 5%' }),
      evidenceItem({ fingerprint: 'f2' }),
      evidenceItem({ feature: 'customers' }),
    ]);
    expect((await store.summarize(...scope)).verdicts).toEqual({ ...none, match: 1, skipped: 1 });
    expect(await store.routeCounts(...scope)).toEqual([
      { route: 'GET /orders', comparisons: { ...none, skipped: 1 } },
      { route: 'GET /orders/:id', comparisons: { ...none, match: 1 } },
    ]);
  });

  test('critical evidence is counted, and stays critical', async () => {
    await using db = await createEvidenceTestStore();
    const store = new EvidenceStore(db.knex);
    const item = evidenceItem({ verdict: 'mismatch' });
    await store.append([item]);
    await store.append([{ ...item, critical: true }]);
    await store.append([item]);
    expect((await store.summarize(...scope)).critical).toBe(1);
  });

  test('a shape is uncovered until something is compared in it', async () => {
    await using db = await createEvidenceTestStore();
    const store = new EvidenceStore(db.knex);
    const asked = evidenceItem({ shape: '2xx ?page', verdict: 'undetermined', key: undefined });
    await store.append([
      asked,
      asked,
      evidenceItem({ shape: '4xx', verdict: 'stale', key: undefined }),
      evidenceItem(),
    ]);
    expect((await store.summarize(...scope)).uncovered).toEqual([
      { route: 'GET /orders/:id', shape: '2xx ?page', seen: 2 },
      { route: 'GET /orders/:id', shape: '4xx', seen: 1 },
    ]);
    await store.append([evidenceItem({ shape: '2xx ?page', verdict: 'mismatch' })]);
    expect((await store.summarize(...scope)).uncovered).toEqual([{ route: 'GET /orders/:id', shape: '4xx', seen: 1 }]);
  });

  test('a kind of request of which nothing ever agreed is told, until something does', async () => {
    await using db = await createEvidenceTestStore();
    const store = new EvidenceStore(db.knex);
    const differs = evidenceItem({ shape: '2xx ?page', verdict: 'mismatch', key: Buffer.from('wrong') });
    await store.append([differs, { ...differs, verdict: 'error', key: Buffer.from('failed') }, evidenceItem()]);
    await store.append([differs]);
    expect(await store.summarize(...scope)).toMatchObject({
      uncovered: [],
      neverAgreed: [{ route: 'GET /orders/:id', shape: '2xx ?page', compared: 3 }],
      routes: [{ route: 'GET /orders/:id', matches: 1, mismatches: 2 }],
    });
    await store.append([{ ...differs, verdict: 'match', key: Buffer.from('right') }]);
    expect((await store.summarize(...scope)).neverAgreed).toEqual([]);
  });

  test('matches in which legacy refused are counted apart, each once', async () => {
    await using db = await createEvidenceTestStore();
    const store = new EvidenceStore(db.knex);
    const refused = evidenceItem({ isRefusal: true, key: Buffer.from('404') });
    await store.append([refused, evidenceItem(), { ...refused, verdict: 'mismatch', key: Buffer.from('wrong') }]);
    await store.append([refused]);
    expect(await store.summarize(...scope)).toMatchObject({
      verdicts: { match: 2, mismatch: 1 },
      refusals: 1,
    });
  });

  test('percentiles are given from 20 observations on, over all routes', async () => {
    await using db = await createEvidenceTestStore();
    const store = new EvidenceStore(db.knex);
    const slow = Array.from({ length: 19 }, (_, i) => evidenceItem({ legacyMs: 100, route: `GET /${i}` }));
    await store.append(slow.map((item) => ({ ...item, candidateMs: undefined })));
    expect(await store.summarize(...scope)).toMatchObject({ legacyP95Ms: undefined });
    await store.append([evidenceItem({ legacyMs: 1 })]);
    const summary = await store.summarize(...scope);
    expect(summary.legacyP95Ms).toBeGreaterThan(95);
    expect(summary.legacyP95Ms).toBeLessThan(105);
    expect(summary.candidateP95Ms).toBeUndefined();
  });

  test('a step can be forgotten, with its differences, and nothing else is', async () => {
    await using db = await createEvidenceTestStore();
    const store = new EvidenceStore(db.knex);
    const item = evidenceItem({ verdict: 'mismatch', differences: [difference()] });
    await store.append([item, { ...item, fingerprint: 'f2' }, { ...item, step: 'live' }]);
    await store.forget('orders', 'shadow');
    expect((await store.summarize(...scope)).verdicts).toEqual(none);
    expect((await store.summarize('orders', 'live', 'f2')).verdicts).toEqual(none);
    expect((await store.summarize('orders', 'f1', 'live')).verdicts.mismatch).toBe(1);
    expect(await new DifferenceStore(db.knex).listGroups('orders', 'f1')).toMatchObject([{ count: 1 }]);
    await store.append([item]);
    expect((await store.summarize(...scope)).verdicts.mismatch).toBe(1);
  });

  test('many writers and a forgetting one do not wait for each other in a circle', async () => {
    await using db = await createEvidenceTestStore();
    const store = new EvidenceStore(db.knex);
    const items = Array.from({ length: 40 }, (_, i) =>
      evidenceItem({
        route: `GET /${i % 7}`,
        key: Buffer.from(String(i)),
        shape: `2xx ?${i % 5}`,
        verdict: 'mismatch',
        differences: [difference({ path: `$.${i % 3}` })],
      }),
    );
    await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        for (let round = 0; round < 4; round += 1) {
          await store.append(writer % 2 === 0 ? items : items.toReversed());
          if (writer === 7) await store.forget('orders', 'shadow');
        }
      }),
    );
    await store.append(items);
    expect((await store.summarize(...scope)).verdicts.mismatch).toBe(40);
  });

  test('texts that PostgreSQL cannot hold or index do not stop a batch', async () => {
    await using db = await createEvidenceTestStore();
    const store = new EvidenceStore(db.knex);
    const nasty = `\0${'x'.repeat(20_000)}\uD800`;
    await store.append([
      evidenceItem({
        verdict: 'mismatch',
        shape: nasty,
        question: nasty,
        differences: [difference({ path: nasty, at: nasty, legacy: nasty, candidate: undefined })],
      }),
    ]);
    expect(await new DifferenceStore(db.knex).listGroups('orders', 'f1')).toHaveLength(1);
  });
});

describe('differences', () => {
  test('are grouped by route, path and kind, those that spoil most evidence first but critical ones before', async () => {
    await using db = await createEvidenceTestStore();
    const store = new EvidenceStore(db.knex);
    const often = evidenceItem({ verdict: 'mismatch', differences: [difference()], seenAt: 5_000 });
    const places = [0, 1, 2].map((i) => difference({ path: '$.items[*].n', at: `$.items[${i}].n` }));
    await store.append([
      { ...often, seenAt: 3_000 },
      often,
      { ...often, seenAt: 4_000, step: 'live' },
      evidenceItem({ verdict: 'mismatch', differences: places, question: 'GET /orders/7' }),
      evidenceItem({
        verdict: 'mismatch',
        differences: [difference({ path: 'status', kind: 'status', critical: true })],
      }),
    ]);
    const differences = new DifferenceStore(db.knex);
    expect(await differences.listGroups('orders', 'f1')).toEqual([
      expect.objectContaining({ path: 'status', critical: true, count: 1 }),
      {
        route: 'GET /orders/:id',
        path: '$.total',
        kind: 'value',
        critical: false,
        count: 3,
        spoiled: 2,
        inStep: true,
        firstSeen: '1970-01-01T00:00:03.000Z',
        lastSeen: '1970-01-01T00:00:05.000Z',
        samples: [
          {
            question: 'GET /orders/1',
            at: '$.total',
            legacy: '1',
            candidate: '2',
            seenAt: '1970-01-01T00:00:05.000Z',
          },
          expect.objectContaining({ seenAt: '1970-01-01T00:00:04.000Z' }),
          expect.objectContaining({ seenAt: '1970-01-01T00:00:03.000Z' }),
        ],
      },
      expect.objectContaining({
        path: '$.items[*].n',
        count: 1,
        samples: [expect.objectContaining({ at: '$.items[0].n', question: 'GET /orders/7' })],
      }),
    ]);
    expect(await differences.listGroups('orders', 'f1', 'live')).toMatchObject([{ count: 1 }]);
    expect(await differences.topGroup('orders', 'f1')).toMatchObject({ path: 'status' });
    expect(await differences.topGroup('orders', 'unknown')).toBeUndefined();
    expect(await differences.listGroups('orders', 'unknown')).toEqual([]);
  });

  test('are ranked by the distinct evidence they spoil in one step, whatever was seen in others and however often', async () => {
    await using db = await createEvidenceTestStore();
    const store = new EvidenceStore(db.knex);
    const often = wrong('one', '$.often');
    await store.append([often, often, often, wrong('two', '$.much')]);
    await store.append([often, wrong('three', '$.much'), wrong('four', '$.grave', { critical: true })]);
    const earlier = wrong('five', '$.earlier', { critical: true });
    await store.append([5, 6, 7].map((n) => ({ ...earlier, key: Buffer.from(`${n}`), step: 'live' })));
    // Of no distinct evidence, so it spoils none.
    await store.append([{ ...wrong('none', '$.vague'), key: undefined }]);
    const groups = await new DifferenceStore(db.knex).rankGroups(...scope);
    expect(groups.map(({ path, count, spoiled, inStep }) => [path, count, spoiled, inStep])).toEqual([
      ['$.grave', 1, 1, true],
      ['$.much', 2, 2, true],
      ['$.often', 4, 1, true],
      ['$.earlier', 3, 0, false],
      ['$.vague', 1, 0, true],
    ]);
    expect(await new DifferenceStore(db.knex).topGroup('orders', 'f1', 'live')).toMatchObject({
      path: '$.earlier',
      spoiled: 3,
    });
  });

  test('spoil a comparison once in each group, however many of its questions came in one batch', async () => {
    await using db = await createEvidenceTestStore();
    const both = [difference({ path: '$.a' }), difference({ path: '$.b' })];
    const item = evidenceItem({ verdict: 'mismatch', differences: both });
    await new EvidenceStore(db.knex).append([item, item, item]);
    const groups = await new DifferenceStore(db.knex).listGroups('orders', 'f1');
    expect(groups.map(({ path, spoiled, count }) => [path, spoiled, count])).toEqual([
      ['$.a', 1, 3],
      ['$.b', 1, 3],
    ]);
  });

  test('keep five samples however many there are', async () => {
    await using db = await createEvidenceTestStore();
    const store = new EvidenceStore(db.knex);
    const items = Array.from({ length: 30 }, (_, i) =>
      evidenceItem({ verdict: 'mismatch', question: `GET /orders/${i}`, differences: [difference()], seenAt: i }),
    );
    await store.append(items.slice(0, 12), () => 0);
    await store.append(items.slice(12));
    const [group] = await new DifferenceStore(db.knex).listGroups('orders', 'f1');
    expect(group).toMatchObject({ count: 30 });
    expect(new Set(group?.samples.map(({ question }) => question)).size).toBe(5);
  });

  test('are sampled fairly: the nth one seen stays with a chance of five in n', () => {
    expect([1, 2, 3, 4, 5].map((nth) => slotOf(nth, () => 0.99))).toEqual([0, 1, 2, 3, 4]);
    expect(slotOf(10, () => 0.49)).toBe(4);
    expect(slotOf(10, () => 0.5)).toBeUndefined();
    expect(slotOf(1_000, () => 0)).toBe(0);
  });
});

test('all processes on one store share the key that personal data is hashed with', async () => {
  await using db = await createEvidenceTestStore();
  const opened = await Promise.all([openEvidence(db.url), openEvidence(db.url)]);
  expect(opened[0].redactionKey).toEqual(opened[1].redactionKey);
  expect(opened[0].redactionKey.byteLength).toBe(32);
  for (const each of opened) await each[Symbol.asyncDispose]();
});

test('all tables of the store can be taken back', async () => {
  await using db = await createEvidenceTestStore();
  await unmigrateStore(db.knex);
  const left = await db.knex.raw<{ rows: unknown[] }>(
    `SELECT table_name FROM information_schema.tables WHERE table_schema = 'fig'`,
  );
  expect(left.rows).toEqual([]);
});
