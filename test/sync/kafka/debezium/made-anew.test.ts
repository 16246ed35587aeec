import { expect, test } from 'vitest';
import { describeWithKafka } from '../../../support/kafka-server.ts';
import { until } from '../../../support/until.ts';
import { setupSync, type SyncSetup } from '../../fixtures.ts';
import { caughtUp, seedOrders } from '../../poison.ts';
import { equalsLegacy, throughConnector } from './through-connector.ts';

describeWithKafka(
  'changes that a connector has left out for ever are noticed, and the read model is built again',
  () => {
    test('when its slot was moved on, when it is made anew, without and with a snapshot, and when its topics forget', async () => {
      await using sync = await setupSync();
      await seedOrders(sync, 10);
      // Of a slot that is gone or too new Debezium 3.3.1 tells itself. Of one that was moved on it does not unless it is set to.
      await using through = await throughConnector(sync, { 'internal.slot.seek.to.known.offset.on.start': 'false' });
      const { connector, codes } = through;
      const reading = through.start();
      await caughtUp(reading);
      expect(codes).toEqual([]);

      // While fig reads.
      await connector.remove();
      await sync.legacy.raw(`UPDATE orders SET note = 'not sent' WHERE id = 1`);
      await untilMarked(sync);
      await connector.moveSlot();
      await connector.again();
      await sync.legacy.raw(`UPDATE orders SET note = 'sent' WHERE id = 2`);
      await equalsLegacy(sync, reading);
      expect(codes).toEqual(['FIG_TOPIC_GAP']);
      await caughtUp(reading);
      await reading.stop();

      for (const mode of ['no_data', 'initial']) {
        await connector.remove();
        await connector.dropSlot();
        await sync.legacy.raw(`UPDATE orders SET note = 'not sent: ${mode}' WHERE id = 3`);
        await connector.addAnother({ 'snapshot.mode': mode });
        await sync.legacy.raw(`UPDATE orders SET note = 'sent: ${mode}' WHERE id = 4`);
        const again = through.start();
        await equalsLegacy(sync, again);
        expect(codes, mode).toEqual(['FIG_TOPIC_GAP']);
        await caughtUp(again);
        await again.stop();
      }

      // While fig is away the topics forget.
      const [rows, notes] = [await connector.count('public.orders'), await connector.count('transaction')];
      await sync.legacy.raw(`UPDATE orders SET note = 'forgotten' WHERE id = 3`);
      await connector.read('public.orders', rows + 1);
      await connector.read('transaction', notes + 2);
      for (const topic of ['public.orders', 'transaction']) await connector.forget(topic);
      await sync.legacy.raw(`UPDATE orders SET note = 'kept' WHERE id = 5`);
      const forgot = through.start();
      await equalsLegacy(sync, forgot);
      expect(codes).toEqual(['FIG_TOPIC_GAP']);
      await caughtUp(forgot);
      await forgot.stop();

      // What was noticed once is no news.
      const last = through.start();
      await sync.legacy.raw(`UPDATE orders SET note = 'last' WHERE id = 5`);
      await caughtUp(last);
      expect(await sync.actual()).toEqual(await sync.expected());
      expect(codes).toEqual([]);
    }, 180_000);
  },
);

/** The log went on, and was looked at after that. */
async function untilMarked({ legacy }: SyncSetup): Promise<void> {
  const { rows } = await legacy.raw('SELECT clock_timestamp() AS now');
  await until('a mark is written', async () => {
    const found = await legacy.raw(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'fig marks'
         AND state = 'idle' AND query LIKE 'SELECT pg_current_wal_insert_lsn()::text AS at' AND query_start > ?`,
      [rows[0].now],
    );
    return found.rows.length > 0;
  });
}
