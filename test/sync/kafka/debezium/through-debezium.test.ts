import { expect, test } from 'vitest';
import { endsOf, ReaderMeter } from '../../../../src/app/transport/reader-meter.ts';
import { silentLog } from '../../../../src/kernel/log.ts';
import { migrateStore } from '../../../../src/store/control-store.ts';
import { Capture } from '../../../../src/sync/capture/capture.ts';
import { DebeziumSource } from '../../../../src/sync/kafka/debezium/debezium-source.ts';
import { TopicWatch } from '../../../../src/sync/kafka/topic-watch.ts';
import { openTarget } from '../../../../src/sync/open-target.ts';
import { describeWithKafka, sharedKafka } from '../../../support/kafka-server.ts';
import { createTestDatabase } from '../../../support/test-database.ts';
import { until } from '../../../support/until.ts';
import { setupSync } from '../../fixtures.ts';
import { caughtUp, seedOrders } from '../../poison.ts';
import { storedSummary, summary } from '../../summary-model.ts';
import { PostgresConnector } from './postgres-connector.ts';
import { rightProperties } from './right-properties.ts';

const changes = [
  `UPDATE orders SET note = 'changed', amount = amount * 1.50 WHERE id % 2 = 0`,
  `UPDATE orders SET big = (SELECT jsonb_agg(md5(x::text)) FROM generate_series(1, 500) x) WHERE id % 3 = 0`,
  `UPDATE orders SET note = NULL WHERE id % 3 = 0`,
  `BEGIN; UPDATE customers SET name = name || '!', mood = 'busy'; DELETE FROM orders WHERE id % 5 = 0; COMMIT`,
  `UPDATE items SET order_id = 1, line = line + 100 WHERE order_id = 2`,
  `UPDATE orders SET id = 1000 WHERE id = 7 AND NOT EXISTS (SELECT FROM items WHERE order_id = 7)`,
  'TRUNCATE items',
  `INSERT INTO items SELECT id, 1, 0.10 FROM orders`,
];

describeWithKafka('a read model from the topics of a real Debezium connector', () => {
  test('is row by row what it is straight from legacy, and goes on where it was', { timeout: 180_000 }, async () => {
    await using sync = await setupSync();
    await sync.legacy.raw('CREATE PUBLICATION everything FOR ALL TABLES');
    await seedOrders(sync, 30);
    await using connector = await PostgresConnector.start(sync.legacyUrl, 'everything', rightProperties);
    const source = (): DebeziumSource =>
      new DebeziumSource({
        access: { brokers: [broker], security: { tls: undefined, sasl: undefined } },
        prefix: connector.prefix,
        properties: rightProperties,
        migration: 'test',
        legacyUrl: sync.legacyUrl,
        tables: ['public.orders', 'public.items', 'public.customers'],
        storeUrl: sync.targetUrl,
        log: silentLog,
      });
    const broker = await sharedKafka();
    const through = sync.startCapture({ changes: source() });
    await using directDatabase = await createTestDatabase();
    const target = openTarget(directDatabase.url);
    await migrateStore(target);
    const direct = new Capture({
      url: sync.legacyUrl,
      migration: 'direct',
      target,
      readModels: [summary],
      log: silentLog,
      onProgress: () => undefined,
      onPosition: () => undefined,
    });
    const expectEqual = async (capture: Capture): Promise<void> => {
      await Promise.all([caughtUp(capture), caughtUp(direct)]);
      const rows = await sync.actual();
      expect(rows).toEqual(await storedSummary(target));
      expect(rows).toEqual(await sync.expected());
      expect(rows.length).toBeGreaterThan(20);
    };
    await expectEqual(through);
    for (const change of changes.slice(0, 4)) await sync.legacy.raw(change);
    await expectEqual(through);
    await through.stop();
    for (const change of changes.slice(4)) await sync.legacy.raw(change);
    const reading = source();
    await expectEqual(sync.startCapture({ changes: reading }));
    expect(reading.reads()).toBe(true);
    await using watch = new TopicWatch({ brokers: [broker], security: { tls: undefined, sasl: undefined } }, silentLog);
    await until('it is seen that every partition is read to its end', async () => {
      const ends = endsOf((await watch.look(reading.topics)).topics);
      const { lagMessages, partitions } = new ReaderMeter().figures({
        applied: 1n,
        places: reading.placesAt(),
        ends,
        lag: undefined,
        atMs: 0,
      });
      const topics = new Set(partitions.filter(({ end }) => end !== undefined && end > 0).map(({ topic }) => topic));
      const isSeen = lagMessages === 0 && topics.size >= 4 && reading.joining?.waiting === 0;
      if (!isSeen) throw new Error(JSON.stringify({ lagMessages, partitions, joining: reading.joining }));
      return reading.joining?.silentMs !== undefined;
    });
    await direct.stop();
    await target.destroy();
  });
});
