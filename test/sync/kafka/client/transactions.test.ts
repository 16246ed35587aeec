import { expect, test } from 'vitest';
import { silentLog } from '../../../../src/kernel/log.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import { kafkajs } from '../../../../src/sync/kafka/client/kafkajs.ts';
import { withoutAborted } from '../../../../src/sync/kafka/client/without-aborted.ts';
import { describeWithKafka, sharedKafka, uniqueTopic } from '../../../support/kafka-server.ts';
import { plainAccess } from '../../../support/kafka-settings.ts';

describeWithKafka('a topic that is written in transactions', () => {
  test('is read without those that were aborted', async () => {
    const access = plainAccess(await sharedKafka());
    const kafka = new KafkaConnection(access, silentLog);
    const topic = uniqueTopic();
    await using admin = await kafka.admin();
    await admin.createTopic({ topic, partitions: 1, replicationFactor: 1, settings: {} });
    const client = new kafkajs.Kafka({ brokers: [...access.brokers], logLevel: kafkajs.logLevel.NOTHING });
    const producer = client.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    for (const value of ['kept 1', 'aborted', 'kept 2']) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value }, { value: `${value} too` }] });
      await (value === 'aborted' ? transaction.abort() : transaction.commit());
    }
    await producer.disconnect();
    await using reader = await kafka.reader(topic, 0);
    const { messages, next, high } = await reader.read(0n, 0);
    expect(messages.map(({ value }) => value?.toString())).toEqual(['kept 1', 'kept 1 too', 'kept 2', 'kept 2 too']);
    expect(next).toBe(high);
    // From the middle of the aborted one.
    expect((await reader.read(4n, 0)).messages.map(({ offset }) => offset)).toEqual([6n, 7n]);
  });
});

const record = (offset: number, producerId: string, more: object = {}) => ({
  offset: String(offset),
  key: null,
  batchContext: { producerId, inTransaction: true },
  ...more,
});
const mark = (kind: number) => ({ key: Buffer.from([0, 0, 0, kind]), isControlRecord: true });

test('of two producers at once only the transaction that was aborted is left out, up to its mark', () => {
  const records = [
    record(0, 'a'),
    record(1, 'b'),
    record(2, 'a'),
    record(3, 'a', mark(0)),
    record(4, 'b'),
    record(5, 'b', mark(1)),
    record(6, 'a'),
    record(7, 'c', { batchContext: { producerId: 'a', inTransaction: false } }),
  ];
  const kept = withoutAborted(records, [{ producerId: 'a', firstOffset: '0' }]);
  expect([...kept].map(({ offset }) => offset)).toEqual(['1', '4', '5', '6', '7']);
});
