import { beforeAll, expect, test } from 'vitest';
import { silentLog } from '../../../../src/kernel/log.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import type { MessageToSend } from '../../../../src/sync/kafka/client/kafka-producer.ts';
import { plainAccess } from '../../../support/kafka-settings.ts';
import { describeWithKafka, sharedKafka, uniqueTopic } from '../../../support/kafka-server.ts';
import { until } from '../../../support/until.ts';

const message = (value: string | null, partition = 0): MessageToSend => ({
  partition,
  key: Buffer.from('key'),
  value: value === null ? null : Buffer.from(value),
  headers: { xid: '7', raw: Buffer.from([0, 255]) },
});

describeWithKafka('a topic', () => {
  let kafka: KafkaConnection;
  beforeAll(async () => {
    kafka = new KafkaConnection(plainAccess(await sharedKafka()), silentLog);
  }, 300_000);

  async function newTopic(partitions = 1): Promise<string> {
    const topic = uniqueTopic();
    await using admin = await kafka.admin();
    await admin.createTopic({ topic, partitions, replicationFactor: 1, settings: { 'retention.ms': '3600000' } });
    return topic;
  }

  test('is described with what holds for it, made once, and gone when it is deleted', async () => {
    const topic = await newTopic(2);
    await using admin = await kafka.admin();
    expect(await admin.createTopic({ topic, partitions: 2, replicationFactor: 1, settings: {} })).toBe(false);
    const found = await admin.describeTopic(topic);
    expect(found?.partitions).toEqual(
      [0, 1].map((partition) => ({ partition, leader: 1, replicas: [1], inSync: [1] })),
    );
    expect(found?.settings.get('retention.ms')).toBe('3600000');
    expect(found?.settings.get('cleanup.policy')).toBe('delete');
    await admin.deleteTopic(topic);
    // The controller has deleted it by then, and the broker is told a moment later.
    await until('the broker knows of it no more', async () => (await admin.describeTopic(topic)) === undefined);
  });

  test('gives back what was written, byte for byte and in order, from any offset', async () => {
    const topic = await newTopic(2);
    await using producer = await kafka.producer();
    const sends = [
      producer.send(topic, [message('a'), message('b'), message('x', 1)]),
      producer.send(topic, [message(null)]),
      producer.send(topic, [message('c')]),
    ];
    expect(await Promise.all(sends)).toEqual([
      new Map([
        [0, 0n],
        [1, 0n],
      ]),
      new Map([[0, 2n]]),
      new Map([[0, 3n]]),
    ]);
    await using reader = await kafka.reader(topic, 0);
    const { messages, next, high, low } = await reader.read(1n, 0);
    expect(messages.map(({ offset, value }) => [offset, value?.toString() ?? null])).toEqual([
      [1n, 'b'],
      [2n, null],
      [3n, 'c'],
    ]);
    expect(messages[0]?.key?.toString()).toBe('key');
    expect(messages[0]?.headers).toEqual(
      new Map([
        ['xid', Buffer.from('7')],
        ['raw', Buffer.from([0, 255])],
      ]),
    );
    expect([next, high, low]).toEqual([4n, 4n, 0n]);
    expect(await reader.read(4n, 0)).toEqual({ messages: [], next: 4n, high: 4n, low: 0n });
    await using admin = await kafka.admin();
    expect(await admin.offsets(topic)).toEqual(
      new Map([
        [0, { low: 0n, high: 4n }],
        [1, { low: 0n, high: 1n }],
      ]),
    );
  });

  test('does not have the offset after its next one, and the reader says so', async () => {
    await using reader = await kafka.reader(await newTopic(), 0);
    await expect(reader.read(1n, 0)).rejects.toMatchObject({ code: 'FIG_KAFKA_OFFSET_GONE' });
  });

  test('waits for a message that is written while it is read', async () => {
    const topic = await newTopic();
    await using producer = await kafka.producer();
    await using reader = await kafka.reader(topic, 0);
    const reading = reader.read(0n, 10_000);
    await producer.send(topic, [message('at last')]);
    expect((await reading).messages.map(({ value }) => value?.toString())).toEqual(['at last']);
  });

  test('that is missing is neither made nor written to, and nothing is written after the failure', async () => {
    const topic = uniqueTopic();
    await using producer = await kafka.producer();
    await expect(producer.send(topic, [message('a')])).rejects.toMatchObject({ code: 'FIG_KAFKA_TOPIC' });
    await using admin = await kafka.admin();
    expect(await admin.describeTopic(topic)).toBeUndefined();
    const there = await newTopic();
    await expect(producer.send(there, [message('a')])).rejects.toThrow(/nothing is written after a failure/);
    await expect(kafka.reader(topic, 0)).rejects.toMatchObject({ code: 'FIG_KAFKA_TOPIC' });
  });

  test('refuses a message that is larger than it takes, and says so', async () => {
    const topic = await newTopic();
    await using producer = await kafka.producer();
    await expect(producer.send(topic, [message('x'.repeat(1_100_000))])).rejects.toMatchObject({
      code: 'FIG_KAFKA_TOPIC',
    });
  });
});
