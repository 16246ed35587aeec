import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBroker, type Broker } from '../../../../examples/kafka/broker.ts';
import { silentLog } from '../../../../src/kernel/log.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import type { MessageToSend } from '../../../../src/sync/kafka/client/kafka-producer.ts';
import { plainAccess } from '../../../support/kafka-settings.ts';
import { describeWithKafka } from '../../../support/kafka-server.ts';
import { until } from '../../../support/until.ts';

const message = (value: string): MessageToSend => ({ partition: 0, key: null, value: Buffer.from(value), headers: {} });

// A promise that nobody looks after fails the run by itself: vitest reports it as an error.
describeWithKafka('a broker that dies', () => {
  let broker: Broker;
  let kafka: KafkaConnection;
  beforeAll(async () => {
    broker = await startBroker();
    kafka = new KafkaConnection(plainAccess(broker.address), silentLog);
  }, 300_000);
  afterAll(() => broker?.stop());

  test('ends what writes with an error, and it can be begun again', { timeout: 180_000 }, async () => {
    {
      await using admin = await kafka.admin();
      await admin.createTopic({ topic: 'life', partitions: 1, replicationFactor: 1, settings: {} });
    }
    const producer = await kafka.producer();
    await producer.send('life', [message('before')]);

    await broker.halt('unclean');
    await expect(producer.send('life', [message('lost')])).rejects.toMatchObject({ code: 'FIG_KAFKA_UNREACHABLE' });
    await producer[Symbol.asyncDispose]();
    await expect(kafka.admin()).rejects.toMatchObject({ code: 'FIG_KAFKA_UNREACHABLE' });

    await broker.start();
    await using again = await kafka.producer();
    await again.send('life', [message('after')]);
  });

  test('is read on by the same reader when it is back', { timeout: 120_000 }, async () => {
    await using reader = await kafka.reader('life', 0);
    expect((await reader.read(0n, 0)).messages).toHaveLength(2);
    await broker.halt('unclean');
    await expect(reader.read(0n, 0)).rejects.toMatchObject({ code: 'FIG_KAFKA_UNREACHABLE' });
    await broker.start();
    const slice = await until('it answers', () => reader.read(0n, 0), 30_000);
    expect(slice.messages.map(({ value }) => String(value))).toEqual(['before', 'after']);
  });

  test('and one that stands still lets a write end within its time', { timeout: 120_000 }, async () => {
    const hasty = new KafkaConnection(plainAccess(broker.address), silentLog, 2_000);
    await using producer = await hasty.producer();
    broker.pause();
    try {
      const begun = Date.now();
      await expect(producer.send('life', [message('into the void')])).rejects.toMatchObject({
        code: 'FIG_KAFKA_UNREACHABLE',
      });
      // A request that is not answered would be waited for 15 s, and then be repeated.
      expect(Date.now() - begun).toBeLessThan(12_000);
    } finally {
      broker.resume();
    }
  });
});
