import { expect, test } from 'vitest';
import { liftHarmless } from '../../src/app/quarantine-desk.ts';
import { createPhaseStore } from '../../src/store/phase-store.ts';
import { liftQuarantine, listQuarantined, quarantineRoute } from '../../src/store/quarantine-store.ts';
import { createPhaseTestStore } from './phase-test-store.ts';

const found = { feature: 'orders', route: 'GET /orders/:id', tables: ['public.view_log'], pairs: 20 };
const lifting = { feature: 'orders', route: 'GET /orders/:id', who: 'ann', why: 'statistics' };

test('a quarantine reaches every proxy with the phases, once, and its end does too', async () => {
  await using store = await createPhaseTestStore();
  const { knex } = store;
  const phases = createPhaseStore(knex);
  await phases.ensureFeature('orders');
  await phases.ensureFeature('items');
  const before = (await phases.snapshot()).revision;
  expect(await quarantineRoute(knex, found, 'fig')).toBe(true);
  expect(await quarantineRoute(knex, found, 'fig')).toBe(false);
  const during = await phases.snapshot();
  expect(during.revision).toBe(before + 1);
  expect(during.features.get('orders')?.quarantined).toEqual(['GET /orders/:id']);
  expect(during.features.get('items')?.quarantined).toBeUndefined();
  expect(await listQuarantined(knex, 'orders')).toMatchObject([found]);
  expect(await listQuarantined(knex, 'items')).toEqual([]);

  expect(await liftQuarantine(knex, lifting)).toBe(true);
  expect(await liftQuarantine(knex, lifting)).toBe(false);
  const after = await phases.snapshot();
  expect(after.revision).toBe(before + 2);
  expect(after.features.get('orders')?.quarantined).toBeUndefined();
});

test('who lifted it and why is kept in the audit, and the route does not come back', async () => {
  await using store = await createPhaseTestStore();
  const { knex } = store;
  await quarantineRoute(knex, found, 'fig');
  await liftQuarantine(knex, lifting);
  expect(await quarantineRoute(knex, found, 'fig')).toBe(false);
  expect(await listQuarantined(knex)).toEqual([]);
  const { rows } = await knex.raw('SELECT feature, action, who, why, evidence FROM fig.audit ORDER BY id');
  expect(rows).toMatchObject([
    { feature: 'orders', action: 'quarantine', who: 'fig', evidence: { route: 'GET /orders/:id' } },
    { feature: 'orders', action: 'lift-quarantine', who: 'ann', why: 'statistics' },
  ]);
});

test('what the config has come to say is harmless is lifted at a start, unless the route writes elsewhere as well', async () => {
  await using store = await createPhaseTestStore();
  const { knex } = store;
  await quarantineRoute(knex, found, 'fig');
  await quarantineRoute(knex, { ...found, route: 'GET /cart', tables: ['public.view_log', 'public.carts'] }, 'fig');
  const shadow = {
    maxPerSecond: undefined,
    sample: { percent: 100, by: 'request' as const },
    harmlessWrites: ['view_log'],
    pairs: true,
  };
  await liftHarmless(knex, [{ name: 'orders', shadow }]);
  expect(await listQuarantined(knex)).toMatchObject([{ route: 'GET /cart' }]);
});
