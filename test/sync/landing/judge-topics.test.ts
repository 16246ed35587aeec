import { beforeAll, expect, test } from 'vitest';
import { silentLog } from '../../../src/kernel/log.ts';
import { KafkaConnection } from '../../../src/sync/kafka/client/kafka-connection.ts';
import { kafkajs } from '../../../src/sync/kafka/client/kafkajs.ts';
import { binlogMarks } from '../../../src/sync/kafka/debezium/transaction-marks.ts';
import { judgeTopics } from '../../../src/sync/landing/judge-topics.ts';
import { type Landed, nothingLanded } from '../../../src/sync/landing/landing-place.ts';
import { describeWithKafka, sharedKafka, uniqueTopic } from '../../support/kafka-server.ts';

const after = (position: bigint): Landed => ({ ...nothingLanded, position, isWhole: true, hasTransactions: true });

async function cut(topic: string, offset: number): Promise<void> {
  const admin = new kafkajs.Kafka({ brokers: [await sharedKafka()], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.fetchTopicOffsets(topic); // Without it the client does not know who leads the partition.
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
  await admin.disconnect();
}

describeWithKafka('topics of a connector for MySQL', () => {
  let kafka: KafkaConnection;
  const table = uniqueTopic('landing_table');
  const transactions = uniqueTopic('landing_transactions');
  const topics = { transactions, tables: [table], marks: binlogMarks };

  beforeAll(async () => {
    const brokers = [await sharedKafka()];
    kafka = new KafkaConnection({ brokers, security: { tls: undefined, sasl: undefined } }, silentLog);
    await using admin = await kafka.admin();
    for (const topic of [table, transactions]) {
      await admin.createTopic({ topic, partitions: 1, replicationFactor: 1, settings: {} });
    }
    await send(table, ['{}', '{}', '{}']);
    await send(
      transactions,
      [5, 6, 7, 9].map((n) => JSON.stringify({ id: `0-1-${n}`, status: 'END', ts_ms: 1, event_count: 1 })),
    );
  }, 120_000);

  async function send(topic: string, values: readonly string[]): Promise<void> {
    await using producer = await kafka.producer();
    await producer.send(
      topic,
      values.map((value) => ({ partition: 0, key: null, value: Buffer.from(value), headers: {} })),
    );
  }

  test('have all that is needed while they are whole', async () => {
    await judgeTopics(kafka, { ...topics, landed: nothingLanded, end: 9n });
    await judgeTopics(kafka, { ...topics, landed: after(7n), end: 9n });
  });

  test('lack something when what came after the last landed transaction has gone', async () => {
    const judged = judgeTopics(kafka, { ...topics, landed: after(3n), end: 9n });
    await expect(judged).rejects.toMatchObject({ code: 'FIG_TOPIC_GAP' });
    const next = judgeTopics(kafka, { ...topics, landed: after(4n), end: 9n });
    await expect(next).rejects.toMatchObject({ code: 'FIG_TOPIC_GAP' });
    // The last that has landed is the first that is kept.
    await judgeTopics(kafka, { ...topics, landed: after(5n), end: 9n });
    // Where nothing was written since, nothing can have gone.
    await judgeTopics(kafka, { ...topics, landed: after(3n), end: 3n });
    await judgeTopics(kafka, { ...topics, transactions: uniqueTopic('not_there'), landed: after(9n), end: 9n });
    const gone = judgeTopics(kafka, { ...topics, transactions: uniqueTopic('not_there'), landed: after(9n), end: 10n });
    await expect(gone).rejects.toMatchObject({ code: 'FIG_TOPIC_GAP' });
  });

  test('lack nothing when only a snapshot has landed, and the first transaction came long after it', async () => {
    const landed = { ...after(3n), hasTransactions: false };
    await judgeTopics(kafka, { ...topics, landed, end: 9n });
    // Without an account nobody can say that nothing was written.
    const gone = judgeTopics(kafka, { ...topics, landed: after(3n), end: undefined });
    await expect(gone).rejects.toMatchObject({ code: 'FIG_TOPIC_GAP' });
    await judgeTopics(kafka, { ...topics, landed: after(7n), end: undefined });
  });

  test('lack something for a beginning when any of it has gone', async () => {
    await cut(table, 1);
    const judged = judgeTopics(kafka, { ...topics, landed: nothingLanded, end: 9n });
    await expect(judged).rejects.toThrow(/begins at offset 1/);
    await judgeTopics(kafka, { ...topics, landed: after(7n), end: 9n });
    // Of a snapshot that has landed nobody needs the rows, and the first transaction is still to come.
    const whole = { ...after(3n), hasTransactions: false };
    await judgeTopics(kafka, { ...topics, landed: whole, end: 9n });
    await cut(transactions, 2);
    const without = judgeTopics(kafka, { ...topics, landed: whole, end: 9n });
    await expect(without).rejects.toThrow(/begins at offset 2/);
  });
});
