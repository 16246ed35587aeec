import { expect, test } from 'vitest';
import { sleep } from '../../../src/kernel/service.ts';
import { until } from '../../support/until.ts';
import { setupSync } from '../fixtures.ts';
import { seedOrders } from '../poison.ts';
import { OwnServer } from '../support/own-server.ts';
import { caughtUp } from '../two-models.ts';

test('a slot that waits for a forgotten transaction is given up, and the transaction is named', async () => {
  await using server = await OwnServer.start();
  await using setup = await setupSync({ legacyServer: server.url('postgres') });
  await seedOrders(setup, 3);
  const forgotten = await setup.legacy.transaction();
  await forgotten.raw(`UPDATE orders SET note = 'forgotten'`);
  const { rows } = await forgotten.raw('SELECT pg_backend_pid() AS pid');
  const capture = setup.startCapture({ times: { createSlotBudgetMs: 2_000 } });
  const ready = capture.untilReady(AbortSignal.timeout(90_000));
  const named = `making the replication slot waits for open transactions: pid ${rows[0].pid}`;
  await until('it is named', () => capture.status().error?.includes(named), 60_000);
  // Whoever waits for the read models goes on waiting: it passes.
  expect(await Promise.race([ready.then(() => 'ended'), sleep(1_000).then(() => 'waits')])).toBe('waits');
  await forgotten.commit();
  await ready;
  await caughtUp(capture, 'summary');
}, 100_000);
