import { randomUUID } from 'node:crypto';
import type { NormalizedPublish } from '../../../../src/config/normalized-publish.ts';
import { kafkajs } from '../../../../src/sync/kafka/client/kafkajs.ts';
import { sharedKafka, uniqueTopic } from '../../../support/kafka-server.ts';
import { until } from '../../../support/until.ts';

export type Publishing = Omit<NormalizedPublish, 'domainEvents' | 'history'>;

/** A topic of three partitions. */
export async function publishing(format: NormalizedPublish['format'] = 'cloudevents'): Promise<Publishing> {
  const brokers = [await sharedKafka()];
  const topic = uniqueTopic('published');
  const admin = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true });
  await admin.disconnect();
  const security = { tls: undefined, sasl: undefined };
  return { topic, format, source: '/test', aggregateType: 'test', brokers, security };
}

export interface Read {
  readonly key: string;
  readonly value: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * All committed messages that there are, in order within each key: when one with the key `last` has come; null: now.
 */
export async function readCommitted(
  { brokers, topic }: Publishing,
  last: string | null = 'end',
): Promise<readonly Read[]> {
  const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: randomUUID(), readUncommitted: false, maxWaitTimeInMs: 200 });
  const admin = kafka.admin();
  const read: Read[] = [];
  const next = new Map<number, bigint>();
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) =>
    next.set(partition, BigInt(lastOffset) + 1n),
  );
  await Promise.all([consumer.connect(), admin.connect()]);
  try {
    // A broker hears of a new topic a moment after who made it.
    await until('the topic is known', async () => {
      await consumer.subscribe({ topic, fromBeginning: true });
      return true;
    });
    await consumer.run({
      eachMessage: ({ message: { key, value, headers = {} } }) => {
        const texts = Object.entries(headers).map(([name, of]) => [name, String(of)]);
        read.push({ key: String(key), value: JSON.parse(String(value)), headers: Object.fromEntries(texts) });
        return Promise.resolve();
      },
    });
    if (last !== null) await until('the last is read', () => read.some(({ key }) => key === last), 30_000);
    // Of other partitions less may have come. What is passed over, as the end of a transaction is, counts as read.
    const ends = await admin.fetchTopicOffsets(topic);
    await until('all is read', () => {
      return ends.every(({ partition, high }) => high === '0' || (next.get(partition) ?? 0n) >= BigInt(high));
    });
  } finally {
    await Promise.all([consumer.disconnect(), admin.disconnect()]);
  }
  return read;
}
