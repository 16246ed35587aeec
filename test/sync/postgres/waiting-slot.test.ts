import { expect, test } from 'vitest';
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
  await expect(capture.untilReady(new AbortController().signal)).rejects.toThrow(
    `making the replication slot waits for open transactions: pid ${rows[0].pid}`,
  );
  await forgotten.commit();
  await caughtUp(capture, 'summary');
}, 100_000);
