import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Broker, startBroker } from '../../../../examples/kafka/broker.ts';
import { silentLog } from '../../../../src/kernel/log.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import { describeWithKafka } from '../../../support/kafka-server.ts';
import { until } from '../../../support/until.ts';
import { caughtUp, seedOrders } from '../../poison.ts';
import { summaryTable } from './summary-table.ts';
import { setupThroughKafka } from './through-kafka.ts';

describeWithKafka('what the topic or the slot could not keep', () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await startBroker({
      settings: { 'log.retention.check.interval.ms': '200', 'log.initial.task.delay.ms': '200' },
    });
  }, 300_000);
  afterAll(() => broker?.stop());

  test(
    'retention takes messages that a projector which was away has not read: it begins anew',
    { timeout: 90_000 },
    async () => {
      await using kafka = await setupThroughKafka({ broker: broker.address });
      const { sync, events } = kafka;
      const { topic } = events;
      await using admin = await new KafkaConnection(events, silentLog).admin();
      // It is warned of, and the smallest that brokers take.
      const settings = { 'retention.bytes': '1000', 'segment.bytes': '1048576', 'max.message.bytes': '1048588' };
      await admin.createTopic({ topic, partitions: 1, replicationFactor: 1, settings });
      await seedOrders(sync, 20);
      kafka.startLeader();
      const away = kafka.startProjector();
      await caughtUp(away);
      await away.stop();
      const built = await summaryTable(sync);
      const read = await sync.target('fig.transport_offset').first('offset');
      await until(
        'what was not read is gone',
        async () => {
          await sync.legacy.raw(`UPDATE orders SET note = repeat(md5(random()::text), 2000) WHERE id = 1`);
          return (await admin.offsets(topic)).get(0)!.low > BigInt(read.offset) + 1n;
        },
        40_000,
      );
      const back = kafka.startProjector();
      await until(
        'it has legacy as it is',
        async () => {
          back.source.nudge();
          expect(await sync.actual()).toEqual(await sync.expected());
          return true;
        },
        40_000,
      );
      await sync.legacy.raw(`UPDATE orders SET note = 'after' WHERE id = 2`);
      await caughtUp(back);
      expect(await sync.actual()).toEqual(await sync.expected());
      // It knows that it lacks changes, which nothing else would show.
      expect(await summaryTable(sync)).not.toEqual(built);
    },
  );

  test(
    'Kafka is away for longer than the slot may keep changes: it is given up, and all is right when Kafka is back',
    { timeout: 120_000 },
    async () => {
      await using kafka = await setupThroughKafka({ broker: broker.address });
      const { sync } = kafka;
      await seedOrders(sync, 20);
      const leader = kafka.startLeader({ maxBehind: 2_000_000 });
      const capture = kafka.startProjector();
      await caughtUp(capture);
      const built = await summaryTable(sync);
      await broker.halt('in-order');
      const slots = async (): Promise<number> =>
        (await sync.legacy.raw('SELECT 1 FROM pg_replication_slots WHERE database = current_database()')).rows.length;
      try {
        await sync.legacy.raw(`UPDATE orders SET note = 'while Kafka was away' WHERE id = 3`);
        await until(
          'the slot is given up',
          async () => {
            await sync.legacy.raw(`SELECT pg_logical_emit_message(true, 'padding', repeat('x', 300000))`);
            return (await slots()) === 0;
          },
          60_000,
        );
        expect(leader.status().state).toBe('failing');
      } finally {
        await broker.start();
      }
      await until(
        'it has legacy as it is',
        async () => {
          capture.source.nudge();
          expect(await sync.actual()).toEqual(await sync.expected());
          return true;
        },
        40_000,
      );
      await sync.legacy.raw(`UPDATE orders SET note = 'after' WHERE id = 4`);
      await caughtUp(capture);
      expect(await sync.actual()).toEqual(await sync.expected());
      // It knows that it lacks changes, which nothing else would show.
      expect(await summaryTable(sync)).not.toEqual(built);
    },
  );
});
