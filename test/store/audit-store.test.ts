import { expect, it } from 'vitest';
import { createAuditStore } from '../../src/store/audit-store.ts';
import { createPhaseStore } from '../../src/store/phase-store.ts';
import { createPhaseTestStore } from './phase-test-store.ts';

it('lists what was done, the latest first, for one feature or for all', async () => {
  await using store = await createPhaseTestStore();
  const phases = createPhaseStore(store.knex);
  for (const feature of ['orders', 'customers', 'orders']) {
    const { revision, reads } = await phases.ensureFeature(feature);
    const forward = reads.phase === 'legacy';
    await phases.move({
      feature,
      expectedRevision: revision,
      to: { phase: forward ? 'shadow' : 'legacy', percent: 0 },
      action: forward ? 'force' : 'rollback',
      who: 'ada',
      why: `because of ${feature}`,
    });
  }
  const audit = createAuditStore(store.knex);
  const all = await audit.list(undefined, 10);
  expect(all.map(({ feature, action, from, to }) => [feature, action, from, to])).toEqual([
    ['orders', 'rollback', 'shadow', 'legacy'],
    ['customers', 'force', 'legacy', 'shadow'],
    ['orders', 'force', 'legacy', 'shadow'],
  ]);
  expect(all[0]).toMatchObject({ gate: undefined, evidence: null, why: 'because of orders' });
  expect(all[0]!.at).toBeInstanceOf(Date);
  expect(await audit.list('orders', 1)).toEqual([all[0]]);
  expect(await audit.list('nothing', 10)).toEqual([]);
});

it.each(['UPDATE fig.audit SET why = $$nothing$$', 'DELETE FROM fig.audit', 'TRUNCATE fig.audit'])(
  'the database refuses: %s',
  async (statement) => {
    await using store = await createPhaseTestStore();
    await expect(store.knex.raw(statement)).rejects.toThrow(/append-only/);
  },
);
