import { expect, test } from 'vitest';
import type { SyncProgress } from '../../../src/sync/backfill/backfill.ts';
import { until } from '../../support/until.ts';
import { setupSync } from '../fixtures.ts';
import { seedOrders } from '../poison.ts';
import { caughtUp } from '../two-models.ts';

test('nothing is copied before the transactions that were writing when the session began have ended', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 10);
  const first = setup.startCapture();
  await caughtUp(first, 'summary');
  await first.stop();
  const writer = await setup.legacy.transaction();
  await writer.raw(`UPDATE customers SET name = 'renamed' WHERE id = 1`);
  await setup.legacy.raw('ALTER TABLE items ALTER COLUMN price TYPE numeric USING price * 2');
  const copied: SyncProgress[] = [];
  const second = setup.startCapture({
    onProgress: (progress) => void (progress.stage === 'copying' && progress.done > 0 && copied.push(progress)),
  });
  await until('the copy waits for the writer', async () => {
    const waiting = await setup.legacy.raw(
      `SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'fig backfill' AND query LIKE '%pg_snapshot_xmin%'`,
    );
    return waiting.rowCount > 0;
  });
  expect(copied).toEqual([]);
  await writer.commit();
  await caughtUp(second, 'summary');
  expect(copied.map(({ source }) => source)).toEqual(['public.items']);
  expect(await setup.actual()).toEqual(await setup.expected());
}, 60_000);
