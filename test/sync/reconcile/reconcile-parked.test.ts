import { expect, test } from 'vitest';
import { describeReconciliation } from '../../../src/app/reconciling/describe-reconciliation.ts';
import { setupSync } from '../fixtures.ts';
import { caughtUp, failsOnPoison, parkedKeys, poisoned, seedOrders } from '../poison.ts';
import { DeadLetterStore } from '../../../src/store/dead-letter-store.ts';
import { differences, reconcile } from './reconcile-support.ts';

function isOther(line: string): boolean {
  return !line.includes('"order_id" : 17,') && !line.includes('"order_id" : 2900,');
}

test('with dead letters all but the parked keys are compared and repaired, and it is told how many were left out', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 3_000);
  const capture = setup.startCapture({ readModels: [poisoned({ build: failsOnPoison })] });
  await caughtUp(capture);
  await setup.legacy.raw(`UPDATE orders SET note = 'poison' WHERE id IN (17, 2900)`);
  await caughtUp(capture);
  expect(parkedKeys(capture)).toEqual(['17', '2900']);

  const clean = await reconcile(capture);
  expect(clean.state).toBe('clean');
  expect(clean.parts.at(-1)).toMatchObject({ name: 'summary', rows: 2_998, leftOut: 2 });
  expect(describeReconciliation(clean)).toMatch(/rows agree; 2 that cannot be built left out$/);

  await setup.target.raw(`UPDATE rm_summary_v1.summary SET note = 'wrong' WHERE order_id IN (16, 17)`);
  await setup.target.raw('DELETE FROM mirror_summary_v1.items WHERE order_id IN (17, 18)');
  const found = await reconcile(capture, { repair: true });
  expect(differences(found)).toEqual({
    'public.items': 'missing 2, repaired 2',
    summary: 'different 1, repaired 1',
  });
  expect(parkedKeys(capture)).toEqual(['17', '2900']);
  expect((await setup.actual()).filter(isOther)).toEqual((await setup.expected()).filter(isOther));
});

test('a key whose letter was discarded and that still cannot be built is left out as well', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 50);
  const capture = setup.startCapture({ readModels: [poisoned({ build: failsOnPoison })] });
  await caughtUp(capture);
  await setup.legacy.raw(`UPDATE orders SET note = 'poison' WHERE id = 17`);
  await caughtUp(capture);
  const letters = new DeadLetterStore();
  const [letter] = await letters.list(setup.target);
  await setup.target.transaction((tx) => letters.remove(tx, letter!.id));
  const clean = await reconcile(capture);
  expect(clean.state).toBe('clean');
  expect(clean.parts.at(-1)).toMatchObject({ rows: 49, leftOut: 1 });
});
