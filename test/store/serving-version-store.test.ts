import { randomUUID } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { milestones } from '../../src/kernel/milestones.ts';
import { createAuditStore } from '../../src/store/audit-store.ts';
import { dropVersion, storedVersions } from '../../src/store/drop-version.ts';
import { createPhaseStore } from '../../src/store/phase-store.ts';
import {
  readServingFingerprint,
  readServingVersion,
  settleServingVersion,
  swapServingVersion,
  type VersionSwap,
} from '../../src/store/serving-version-store.ts';
import { listWork, tellWork } from '../../src/store/transport-work-store.ts';
import { createPhaseTestStore, type PhaseTestStore } from './phase-test-store.ts';

const told: unknown[] = [];
const listen = (milestone: unknown): void => void told.push(milestone);

afterEach(() => {
  milestones.unsubscribe(listen);
  told.length = 0;
});

/** A feature in which version 1 serves and version 2 waits, each standing where it is told. */
async function twoVersions(positions: readonly [number, number], states = ['ready', 'ready']): Promise<PhaseTestStore> {
  const store = await createPhaseTestStore();
  for (const [n, position] of positions.entries()) {
    const name = `order_summary_v${n + 1}`;
    await store.knex('fig.projection').insert({ name, fingerprint: 'f', state: states[n], position });
    for (const schema of [`rm_${name}`, `mirror_${name}`]) await store.knex.raw('CREATE SCHEMA ??', [schema]);
  }
  await createPhaseStore(store.knex).ensureFeature('orders');
  await settleServingVersion(store.knex, { feature: 'orders', version: 1, fingerprint: 'f1', who: 'fig' });
  return store;
}

const swap: VersionSwap = {
  feature: 'orders',
  from: { version: 1, projection: 'order_summary_v1' },
  to: { version: 2, projection: 'order_summary_v2', fingerprint: 'f2' },
  expectedRevision: undefined,
  action: 'swap-version',
  who: 'ada',
  why: 'it is proven',
  gate: 'PASS',
  evidence: { reason: 'it is proven' },
};
const back: VersionSwap = {
  ...swap,
  from: swap.to,
  to: { ...swap.from, fingerprint: 'f1' },
  action: 'swap-version-back',
};

test('a swap moves pointer, ownership of the evidence, audit and revision together, and leaves the phase alone', async () => {
  await using store = await twoVersions([100, 100]);
  const phases = createPhaseStore(store.knex);
  const before = await phases.snapshot();
  expect(before.features.get('orders')).toMatchObject({ version: 1 });
  milestones.subscribe(listen);
  expect(await swapServingVersion(store.knex, swap)).toEqual({ kind: 'swapped' });
  expect(told).toEqual(['read-models:swap-begun', 'read-models:swap-committed']);
  const after = await phases.snapshot();
  expect(after.features.get('orders')).toEqual({
    ...before.features.get('orders'),
    version: 2,
    fingerprint: 'f2',
  });
  expect(after.revision).toBeGreaterThan(before.revision);
  expect(await readServingVersion(store.knex, 'orders')).toMatchObject({ version: 2, who: 'ada' });
  expect(await readServingFingerprint(store.knex, 'orders')).toBe('f2');
  expect(await createAuditStore(store.knex).list('orders', 10)).toMatchObject([
    {
      action: 'swap-version',
      from: 'order_summary_v1',
      to: 'order_summary_v2',
      gate: 'PASS',
      revision: after.revision,
    },
  ]);
});

test('a new version that stands behind, or cannot be read, does not get the place; one that is ahead does', async () => {
  await using behind = await twoVersions([100, 99]);
  expect(await swapServingVersion(behind.knex, swap)).toEqual({ kind: 'behind', wanted: 100n });
  expect(await readServingVersion(behind.knex, 'orders')).toMatchObject({ version: 1 });
  expect(await createAuditStore(behind.knex).list('orders', 10)).toEqual([]);
  await using building = await twoVersions([100, 100], ['ready', 'building']);
  expect(await swapServingVersion(building.knex, swap)).toEqual({ kind: 'not-ready' });
  // What cannot be read has shown nobody anything.
  await using paused = await twoVersions([100, 99], ['paused', 'ready']);
  expect(await swapServingVersion(paused.knex, swap)).toEqual({ kind: 'swapped' });
});

test('the way back is open wherever the old version stands', async () => {
  await using store = await twoVersions([100, 100]);
  await swapServingVersion(store.knex, swap);
  await store.knex('fig.projection').where({ name: 'order_summary_v1' }).update({ position: 7, state: 'building' });
  expect(await swapServingVersion(store.knex, back)).toEqual({ kind: 'swapped' });
  expect(await readServingFingerprint(store.knex, 'orders')).toBe('f1');
});

test('of two who swap at once one does, and a feature that was moved since the decision stays as it is', async () => {
  await using store = await twoVersions([100, 100]);
  const results = await Promise.all([swapServingVersion(store.knex, swap), swapServingVersion(store.knex, swap)]);
  expect(results.map(({ kind }) => kind).toSorted()).toEqual(['overtaken', 'swapped']);
  expect(await swapServingVersion(store.knex, { ...back, expectedRevision: 999 })).toEqual({ kind: 'overtaken' });
});

test('a phase is not moved on evidence of a version that does not serve any more, and goes back without any', async () => {
  await using store = await twoVersions([100, 100]);
  const phases = createPhaseStore(store.knex);
  const { revision } = await phases.ensureFeature('orders');
  const to = { phase: 'shadow', percent: 0 } as const;
  const move = { feature: 'orders', expectedRevision: revision, to, action: 'promote', who: 'ada', why: 'x' } as const;
  await swapServingVersion(store.knex, swap);
  expect(await phases.move({ ...move, version: 1 })).toBe('conflict');
  expect(await phases.get('orders')).toMatchObject({ reads: { phase: 'legacy' }, revision });
  const moved = await phases.move({ ...move, version: 2 });
  expect(moved).toMatchObject({ reads: { phase: 'shadow' } });
  const { revision: expectedRevision } = (await phases.get('orders'))!;
  expect(await phases.move({ ...move, expectedRevision, action: 'rollback' })).not.toBe('conflict');
});

test('a start that finds all as it was changes no revision, and one without versions forgets the pointer', async () => {
  await using store = await twoVersions([100, 100]);
  const phases = createPhaseStore(store.knex);
  const { revision } = await phases.snapshot();
  await settleServingVersion(store.knex, { feature: 'orders', version: 1, fingerprint: 'f1', who: 'fig' });
  expect((await phases.snapshot()).revision).toBe(revision);
  await settleServingVersion(store.knex, { feature: 'orders', version: undefined, fingerprint: 'f3', who: 'fig' });
  expect(await readServingVersion(store.knex, 'orders')).toBeUndefined();
  expect((await phases.snapshot()).features.get('orders')).not.toHaveProperty('version');
});

test('a version that does not serve can be dropped with all that is known of it, and of others nothing is touched', async () => {
  await using store = await twoVersions([100, 100]);
  const { knex } = store;
  for (const name of ['order_summary_vx', 'order_summary_v', 'order_summary_v10', 'old_order_summary_v3']) {
    await knex('fig.projection').insert({ name, fingerprint: 'f', state: 'ready', position: 1 });
  }
  expect(await storedVersions(knex, 'order_summary')).toEqual([1, 2, 10]);
  const who = { migration: 'shop', process: randomUUID(), host: 'sync-1', pid: 1 };
  const works = ['order_summary_v1', 'order_summary_v2'].map((name) => {
    return { work: 'read-model' as const, name, claim: 0, figures: {} };
  });
  await tellWork(knex, who, works);
  const drop = { feature: 'orders', name: 'order_summary', who: 'ada', why: 'left over' };
  expect(await dropVersion(knex, { ...drop, version: 1 })).toBe('serves');
  expect(await dropVersion(knex, { ...drop, version: 3 })).toBe('unknown');
  expect(await dropVersion(knex, { ...drop, version: 2 })).toBe('dropped');
  const { rows } = await knex.raw(`SELECT nspname FROM pg_namespace WHERE nspname LIKE '%order_summary%' ORDER BY 1`);
  expect(rows.map(({ nspname }: { nspname: string }) => nspname)).toEqual([
    'mirror_order_summary_v1',
    'rm_order_summary_v1',
  ]);
  expect(await storedVersions(knex, 'order_summary')).toEqual([1, 10]);
  expect((await listWork(knex, 'shop')).map(({ name }) => name)).toEqual(['order_summary_v1']);
  expect(await createAuditStore(knex).list('orders', 1)).toMatchObject([
    { action: 'drop-version', from: 'order_summary_v2', to: 'dropped', who: 'ada', why: 'left over' },
  ]);
});
