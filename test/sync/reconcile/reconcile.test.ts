import { expect, test } from 'vitest';
import { lastReconciliation } from '../../../src/store/reconciliation-store.ts';
import { until } from '../../support/until.ts';
import { setupSync } from '../fixtures.ts';
import { caughtUp, differences, reconcile, seedOrders, untilReady } from './reconcile-support.ts';

test('a read model that is equal to legacy is clean, and every row was compared', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 3_000);
  const capture = setup.startCapture();
  await untilReady(capture);
  const seen: string[] = [];
  const result = await reconcile(capture, { onProgress: ({ part }) => seen.push(part) });
  expect(differences(result)).toEqual({});
  expect(result.state).toBe('clean');
  expect(Object.fromEntries(result.parts.map(({ name, rows }) => [name, rows]))).toEqual({
    'public.orders': 3_000,
    'public.items': 9_000,
    'public.customers': 50,
    summary: 3_000,
  });
  expect(new Set(seen)).toEqual(new Set(['public.orders', 'public.items', 'public.customers', 'summary']));
});

test('rows that are changed, missing or extra in the mirror are told apart, and repaired through the apply path', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 3_000);
  const capture = setup.startCapture();
  await untilReady(capture);
  const { target } = setup;
  await target.raw(`UPDATE mirror_summary_v1.orders SET note = 'wrong' WHERE id IN (7, 1500)`);
  await target.raw('DELETE FROM mirror_summary_v1.orders WHERE id = 2999');
  await target.raw(`INSERT INTO mirror_summary_v1.orders (id, customer_id, at) VALUES (99999, 3, now())`);
  await target.raw('DELETE FROM mirror_summary_v1.items WHERE order_id = 42 AND line = 2');
  await target.raw('UPDATE mirror_summary_v1.items SET order_id = 100000 WHERE order_id = 43 AND line = 1');
  await target.raw(`UPDATE mirror_summary_v1.customers SET mood = NULL WHERE id = 5`);
  // The read model as these mistakes would have left it.
  await target.raw('DELETE FROM rm_summary_v1.summary WHERE order_id = 2999');
  await target.raw(`INSERT INTO rm_summary_v1.summary (order_id, customer, at) VALUES (99999, 'nobody', now())`);

  const found = await reconcile(capture);
  expect(found.state).toBe('different');
  expect(differences(found)).toMatchObject({
    'public.orders': 'missing 1, extra 1, different 2',
    'public.items': 'missing 2, extra 1',
    'public.customers': 'different 1',
  });
  expect(found.samples).toContainEqual({ part: 'public.orders', kind: 'extra', key: '99999' });
  expect(found.samples).toContainEqual({ part: 'public.items', kind: 'missing', key: '42, 2' });

  const repaired = await reconcile(capture, { repair: true });
  expect(repaired.state).toBe('repaired');
  expect(differences(repaired)).toMatchObject({
    'public.orders': 'missing 1, extra 1, different 2, repaired 4',
    'public.items': 'missing 2, extra 1, repaired 3',
    'public.customers': 'different 1, repaired 1',
  });
  await caughtUp(capture);
  expect(await setup.actual()).toEqual(await setup.expected());
  expect((await reconcile(capture)).state).toBe('clean');
});

test('rows that are changed, missing or extra in the read model alone are found and built again', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 2_500);
  const capture = setup.startCapture();
  await untilReady(capture);
  const { target } = setup;
  await target.raw(`UPDATE rm_summary_v1.summary SET total = total + 0.01 WHERE order_id = 11`);
  await target.raw(`UPDATE rm_summary_v1.summary SET note = NULL WHERE order_id = 12`);
  await target.raw('DELETE FROM rm_summary_v1.summary WHERE order_id IN (1200, 2500)');
  await target.raw(`INSERT INTO rm_summary_v1.summary (order_id, customer) VALUES (-5, 'nobody')`);
  const found = await reconcile(capture);
  expect(differences(found)).toEqual({ summary: 'missing 2, extra 1, different 2' });
  const repaired = await reconcile(capture, { repair: true });
  expect(differences(repaired)).toEqual({ summary: 'missing 2, extra 1, different 2, repaired 5' });
  expect(repaired.state).toBe('repaired');
  expect(await setup.actual()).toEqual(await setup.expected());
});

test('a transaction that stays open for the whole run is no difference, neither open nor after its commit', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 500);
  const earlier = setup.startCapture();
  await untilReady(earlier);
  // It is older than the session that compares, which so cannot know by itself that it was not delivered before.
  const open = await setup.legacy.transaction();
  await open.raw(`UPDATE orders SET note = 'not committed' WHERE id < 100`);
  await open.raw('DELETE FROM items WHERE order_id BETWEEN 100 AND 120');
  await earlier.stop();
  const capture = setup.startCapture();
  await untilReady(capture);
  expect((await reconcile(capture)).state).toBe('clean');
  await open.commit();
  expect((await reconcile(capture)).state).toBe('clean');
  await caughtUp(capture);
  expect(await setup.actual()).toEqual(await setup.expected());
});

test('one source alone can be compared, and only one comparison of a read model runs at a time', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 300);
  const capture = setup.startCapture();
  await untilReady(capture);
  const first = reconcile(capture, { source: 'public.items' });
  await expect(reconcile(capture)).rejects.toMatchObject({ code: 'FIG_RECONCILE_REFUSED' });
  const result = await first;
  expect(result.parts.map(({ name }) => name)).toEqual(['public.items']);
  expect(result.whole).toBe(false);
});

test('a comparison that is stopped says so, and a later one works', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 300);
  const capture = setup.startCapture();
  await untilReady(capture);
  const abort = new AbortController();
  const run = reconcile(capture, { signal: abort.signal, onProgress: () => abort.abort() });
  await expect(run).rejects.toMatchObject({ code: 'FIG_RECONCILE_FAILED' });
  const stored = await lastReconciliation(setup.target, 'summary_v1', { conclusive: false });
  expect(stored).toMatchObject({ state: 'failed', error: 'the comparison was abandoned before its end' });
  expect(await lastReconciliation(setup.target, 'summary_v1', { conclusive: true })).toBeUndefined();
  const clean = await reconcile(capture);
  expect(clean.state).toBe('clean');
  expect(await lastReconciliation(setup.target, 'summary_v1', { conclusive: true })).toEqual({
    ...clean,
    ageSeconds: expect.any(Number),
  });
  await until('no snapshot is left open', async () => {
    const open = await setup.legacy.raw(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'fig reconcile'`,
    );
    return open.rows.length === 0;
  });
});
