import { expect, test } from 'vitest';
import { silentLog } from '../../../../src/kernel/log.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import { keptTransactions } from '../../../../src/sync/kafka/debezium/kept-transactions.ts';
import { judgeTransactionTopic } from '../../../../src/sync/kafka/debezium/judge-connector-topic.ts';
import { describeWithKafka, sharedKafka, uniqueTopic } from '../../../support/kafka-server.ts';

const refusal = expect.objectContaining({ code: 'FIG_DEBEZIUM_SETTING' });

function judge(partitions: number, policy: string): void {
  const all = Array.from({ length: partitions }, (_, partition) => ({
    partition,
    leader: 1,
    replicas: [1],
    inSync: [1],
  }));
  judgeTransactionTopic('shop.transaction', { partitions: all, settings: new Map([['cleanup.policy', policy]]) });
}

test('a topic of transactions that keeps them in one order is taken', () => {
  expect(() => judge(1, 'delete')).not.toThrow();
});

test('one in which transactions have no order, or lose their beginnings, is refused', () => {
  expect(() => judge(2, 'delete')).toThrow(refusal);
  expect(() => judge(1, 'compact')).toThrow(refusal);
  expect(() => judge(1, 'compact,delete')).toThrow(refusal);
});

describeWithKafka('a topic of transactions with several partitions', () => {
  test('is refused before anything is read from it', { timeout: 60_000 }, async () => {
    const security = { tls: undefined, sasl: undefined };
    const kafka = new KafkaConnection({ brokers: [await sharedKafka()], security }, silentLog);
    const topic = `${uniqueTopic()}.transaction`;
    await using admin = await kafka.admin();
    await admin.createTopic({ topic, partitions: 2, replicationFactor: 1, settings: {} });
    await expect(keptTransactions(kafka, topic)).rejects.toThrow(refusal);
  });
});
