import { expect, test } from 'vitest';
import type { Position } from '../../../src/kernel/position.ts';
import { until } from '../../support/until.ts';
import { setupSync } from '../fixtures.ts';
import { seedOrders } from '../poison.ts';
import { caughtUp, soon } from '../two-models.ts';

test('reads that have left because a table was changed do not come back with the batch that is being applied', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 10);
  const told: (Position | undefined)[] = [];
  const capture = setup.startCapture({ ...soon, onPosition: (_, position) => void told.push(position) });
  await caughtUp(capture, 'summary');
  const holder = await setup.target.transaction();
  await holder.raw('LOCK TABLE rm_summary_v1.summary IN ACCESS EXCLUSIVE MODE');
  await setup.legacy.raw(`UPDATE orders SET note = 'in flight' WHERE id = 1`);
  await until('the batch is held up', async () => {
    const waiting = await holder.raw('SELECT FROM pg_locks WHERE NOT granted');
    return waiting.rowCount > 0;
  });
  const before = told.length;
  await setup.legacy.raw(`ALTER TABLE customers ALTER COLUMN name TYPE text USING name || ' the younger'`);
  await until('reads leave', () => told.length > before && told.at(-1) === undefined);
  const left = told.length;
  await holder.commit();
  await caughtUp(capture, 'summary');
  const again = told.slice(left).findIndex((position) => position !== undefined);
  expect(again).toBeGreaterThanOrEqual(0);
  expect(told.slice(left + again)).not.toContain(undefined);
  expect(await setup.actual()).toEqual(await setup.expected());
}, 60_000);
