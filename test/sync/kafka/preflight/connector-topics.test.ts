import { expect, test } from 'vitest';
import { silentLog } from '../../../../src/kernel/log.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import { inspectConnectorTopics } from '../../../../src/sync/kafka/preflight/inspect-connector-topics.ts';
import { describeWithKafka, sharedKafka, uniqueTopic } from '../../../support/kafka-server.ts';
import { plainAccess } from '../../../support/kafka-settings.ts';

describeWithKafka('topics of a connector', () => {
  test('that are missing, or that forget or lose the order of what is sent, are found before tables land from them', async () => {
    const access = plainAccess(await sharedKafka());
    const [good, hasty, compacted, packed, missing] = [1, 2, 3, 4, 5].map(() => uniqueTopic()) as [
      string,
      ...string[],
    ] as [string, string, string, string, string];
    const transactions = uniqueTopic();
    await using admin = await new KafkaConnection(access, silentLog).admin();
    const make = (topic: string, more: Readonly<Record<string, string>> = {}, partitions = 1): Promise<boolean> => {
      const settings = { 'retention.ms': '-1', 'cleanup.policy': 'delete', ...more };
      return admin.createTopic({ topic, partitions, replicationFactor: 1, settings });
    };
    await make(good);
    await make(hasty, { 'retention.ms': '7200000' });
    await make(compacted, { 'cleanup.policy': 'compact' });
    await make(packed, { 'compression.type': 'zstd' });
    const tables = [good, hasty, compacted, packed, missing];
    expect(await inspectConnectorTopics(access, { tables, transactions }, silentLog)).toMatchObject([
      { id: 'topic-retention', severity: 'warning', subject: hasty, problem: expect.stringContaining('2 h') },
      { id: 'topic-compacted', severity: 'error', subject: compacted },
      { id: 'topic-compression', severity: 'error', subject: packed },
      { id: 'topic-missing', severity: 'warning', subject: missing, problem: expect.stringContaining('no row') },
      { id: 'topic-missing', severity: 'warning', subject: transactions, remedy: expect.stringContaining('metadata') },
    ]);
    await make(transactions, {}, 3);
    expect(await inspectConnectorTopics(access, { tables: [good], transactions }, silentLog)).toMatchObject([
      { id: 'topic-partitions', severity: 'error', subject: transactions },
    ]);
  });
});

test('brokers that do not answer are a finding', async () => {
  const topics = { tables: ['shop.orders'], transactions: 'shop.transaction' };
  expect(await inspectConnectorTopics(plainAccess('127.0.0.1:1'), topics, silentLog)).toMatchObject([
    { id: 'kafka-unreachable', severity: 'error' },
  ]);
});
