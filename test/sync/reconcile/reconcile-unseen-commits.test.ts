import { expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { setupSync } from '../fixtures.ts';
import { reconcile, untilReady } from './reconcile-support.ts';
import { startWithoutItsStandby } from '../support/own-server.ts';

test('a commit that the mirror has and snapshots of legacy do not see yet is no difference, and is not "repaired" away', async () => {
  await using server = await startWithoutItsStandby();
  await using setup = await setupSync({ legacyServer: server.url('postgres') });
  const { legacy } = setup;
  await legacy.raw(`INSERT INTO customers (name) VALUES ('one')`);
  await legacy.raw(`INSERT INTO orders (customer_id, note) SELECT 1, 'old' FROM generate_series(1, 20)`);
  const first = setup.startCapture();
  await untilReady(first);
  const committing = legacy
    .transaction(async (tx) => {
      await tx.raw('SET LOCAL synchronous_commit = on');
      await tx.raw(`UPDATE orders SET note = 'new' WHERE id = 7`);
    })
    .catch(() => undefined); // The wait is cancelled below; the commit stands.
  const noteInMirror = async (): Promise<boolean> =>
    (await setup.target.raw('SELECT note FROM mirror_summary_v1.orders WHERE id = 7')).rows[0].note === 'new';
  await until('the commit has been applied', noteInMirror);
  const seen = await legacy.raw('SELECT note FROM orders WHERE id = 7');
  expect(seen.rows).toEqual([{ note: 'old' }]);

  const attempts = async (): Promise<void> => {
    const starts = new Set<string>();
    await until('several snapshots were taken in vain', async () => {
      const { rows } = await legacy.raw(
        `SELECT xact_start::text AS at FROM pg_stat_activity
            WHERE application_name = 'fig reconcile' AND xact_start IS NOT NULL`,
      );
      for (const { at } of rows) starts.add(at);
      return starts.size > 3;
    });
  };
  // In the session that delivered it, and in one that only knows that it did not.
  const abandoned = new AbortController();
  const inVain = reconcile(first, { repair: true, signal: abandoned.signal }).catch((error: unknown) => error);
  await attempts();
  abandoned.abort();
  expect(await inVain).toMatchObject({ code: 'FIG_RECONCILE_FAILED' });
  await first.stop();
  const second = setup.startCapture();
  await untilReady(second);
  const running = reconcile(second, { repair: true });
  await attempts();
  expect(await noteInMirror()).toBe(true);

  // The standby is given up: the commit becomes visible, and the comparison comes to its end.
  await legacy.raw(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`);
  expect((await running).state).toBe('clean');
  await committing;
  await second.stop();
}, 60_000);
