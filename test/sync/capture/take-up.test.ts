import { expect, test } from 'vitest';
import { silentLog } from '../../../src/kernel/log.ts';
import { batchDefaults } from '../../../src/sync/batch-limits.ts';
import { demandsOf } from '../../../src/sync/capture/demands-of.ts';
import { DirectSource } from '../../../src/sync/capture/direct-source.ts';
import { takeUp } from '../../../src/sync/capture/take-up.ts';
import { identifySource, type SourceIdentity } from '../../../src/sync/postgres/identify-source.ts';
import { connectToLegacy, endConnection } from '../../../src/sync/postgres/legacy-connection.ts';
import { inspectSource } from '../../../src/sync/postgres/preflight/inspect-source.ts';
import { slotNameOf } from '../../../src/sync/postgres/slot.ts';
import { spoolDefaults } from '../../../src/sync/postgres/spool-space.ts';
import { Projection } from '../../../src/sync/projection/projection.ts';
import { setupSync, type SyncSetup } from '../fixtures.ts';
import { caughtUp, seedOrders } from '../poison.ts';
import { summary } from '../summary-model.ts';

/** Takes the summary up with what the server says at first, and what it says when it is asked again. */
async function takeUpAs(
  { legacyUrl, target }: SyncSetup,
  first: SourceIdentity,
  again: SourceIdentity,
): Promise<{ readonly unusable: number; readonly fresh: number }> {
  const client = await connectToLegacy(legacyUrl, 'test');
  try {
    const name = slotNameOf('test', client.database ?? '');
    const { tables } = await inspectSource(client, { url: legacyUrl, slot: name, demands: demandsOf([summary]) });
    let unusable = 0;
    const { fresh } = await takeUp({
      client,
      target,
      source: new DirectSource({ url: legacyUrl, spool: spoolDefaults, batch: batchDefaults }),
      name,
      projections: [new Projection(target, summary, tables, { letters: 100, waiting: 100 })],
      identity: first,
      identifyAgain: () => Promise.resolve(again),
      createSlotBudgetMs: 10_000,
      log: silentLog,
      onUnusable: () => (unusable += 1),
    });
    return { unusable, fresh: fresh.size };
  } finally {
    await endConnection(client);
  }
}

test('rows that another fig has moved on since the end of the log was asked for are not taken for those of a lost log', async () => {
  await using setup = await setupSync();
  await seedOrders(setup, 10);
  const before = await identifySource(setup.legacyUrl);
  const capture = setup.startCapture();
  await setup.legacy.raw(`UPDATE orders SET note = 'moved on'`);
  await caughtUp(capture);
  await capture.stop();
  const now = await identifySource(setup.legacyUrl);
  const slots = async (): Promise<unknown> =>
    (
      await setup.legacy.raw(
        'SELECT slot_name, restart_lsn FROM pg_replication_slots WHERE database = current_database()',
      )
    ).rows;
  const slot = await slots();
  expect(await takeUpAs(setup, before, now)).toEqual({ unusable: 0, fresh: 0 });
  expect(await slots()).toEqual(slot);
  expect(await takeUpAs(setup, before, before)).toMatchObject({ fresh: 1 });
});
