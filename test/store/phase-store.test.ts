import { expect, it } from 'vitest';
import { migrateStore, unmigrateStore } from '../../src/store/control-store.ts';
import { createAuditStore } from '../../src/store/audit-store.ts';
import { createPhaseStore, type PhaseMove } from '../../src/store/phase-store.ts';
import { createPhaseTestStore } from './phase-test-store.ts';

const toShadow = (expectedRevision: number, who = 'ada'): PhaseMove => ({
  feature: 'orders',
  expectedRevision,
  to: { phase: 'shadow', percent: 0 },
  action: 'promote',
  who,
  why: 'ready',
  gate: 'PASS',
  evidence: { reason: 'ready' },
});

it('a new feature begins in legacy, once, however many ask for it', async () => {
  await using store = await createPhaseTestStore();
  const phases = createPhaseStore(store.knex);
  expect(await phases.get('orders')).toBeUndefined();
  expect(await phases.snapshot()).toEqual({ revision: 0, features: new Map() });

  const rows = await Promise.all(Array.from({ length: 5 }, () => phases.ensureFeature('orders')));
  for (const row of rows) expect(row.reads).toEqual({ phase: 'legacy', percent: 0 });
  expect(await phases.list()).toHaveLength(1);
  expect(await phases.snapshot()).toEqual({
    revision: 1,
    features: new Map([['orders', { feature: 'orders', reads: { phase: 'legacy', percent: 0 }, stay: 1 }]]),
  });
});

it('a move changes phase, revision and audit together', async () => {
  await using store = await createPhaseTestStore();
  const phases = createPhaseStore(store.knex);
  const before = await phases.ensureFeature('orders');
  const after = await phases.move(toShadow(before.revision));
  expect(after).toMatchObject({ feature: 'orders', reads: { phase: 'shadow', percent: 0 }, revision: 2 });
  expect(await phases.get('orders')).toMatchObject({ reads: { phase: 'shadow', percent: 0 }, revision: 2 });
  expect((await phases.snapshot()).revision).toBe(2);
  expect(await createAuditStore(store.knex).list('orders', 10)).toMatchObject([
    {
      from: 'legacy',
      to: 'shadow',
      who: 'ada',
      why: 'ready',
      gate: 'PASS',
      revision: 2,
      evidence: { reason: 'ready' },
    },
  ]);
});

it('of many that move on the same revision exactly one moves, and the audit tells of one', async () => {
  await using store = await createPhaseTestStore();
  const phases = createPhaseStore(store.knex);
  const { revision } = await phases.ensureFeature('orders');
  const outcomes = await Promise.all(['ada', 'ben', 'cho', 'dan'].map((who) => phases.move(toShadow(revision, who))));
  expect(outcomes.filter((outcome) => outcome === 'conflict')).toHaveLength(3);
  expect(await createAuditStore(store.knex).list('orders', 10)).toHaveLength(1);
  expect(await phases.move(toShadow(revision))).toBe('conflict');
  expect(await phases.move({ ...toShadow(revision), feature: 'unknown' })).toBe('conflict');
});

it('moves of different features at once all get revisions of their own', async () => {
  await using store = await createPhaseTestStore();
  const phases = createPhaseStore(store.knex);
  const names = Array.from({ length: 6 }, (_, i) => `feature_${i}`);
  const rows = await Promise.all(names.map((name) => phases.ensureFeature(name)));
  expect(new Set(rows.map((row) => row.feature)).size).toBe(6);
  const before = await phases.list();
  const moved = await Promise.all(
    before.map(({ feature, revision }) => phases.move({ ...toShadow(revision), feature })),
  );
  const revisions = moved.map((row) => (row === 'conflict' ? 0 : row.revision)).toSorted((a, b) => a - b);
  expect(revisions).toEqual([7, 8, 9, 10, 11, 12]);
});

it('a move whose note cannot be written does not happen', async () => {
  await using store = await createPhaseTestStore();
  const phases = createPhaseStore(store.knex);
  const { revision } = await phases.ensureFeature('orders');
  await expect(phases.move({ ...toShadow(revision), why: '' })).rejects.toThrow(/audit/);
  expect(await phases.get('orders')).toMatchObject({ reads: { phase: 'legacy', percent: 0 }, revision });
  expect((await phases.snapshot()).revision).toBe(revision);
});

it('the database refuses a phase and a share that contradict each other', async () => {
  await using store = await createPhaseTestStore();
  const phases = createPhaseStore(store.knex);
  const { revision } = await phases.ensureFeature('orders');
  const move = { ...toShadow(revision), to: { phase: 'live', percent: 50 } } as const;
  await expect(phases.move(move)).rejects.toThrow(/feature_phase_legal/);
});

it('the migrations go down and up again', async () => {
  await using store = await createPhaseTestStore();
  await unmigrateStore(store.knex);
  await migrateStore(store.knex);
  expect(await createPhaseStore(store.knex).list()).toEqual([]);
});
