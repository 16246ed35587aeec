import { expect, test } from 'vitest';
import { silentLog } from '../../../src/kernel/log.ts';
import { KafkaConnection } from '../../../src/sync/kafka/client/kafka-connection.ts';
import { describeTopicTable } from '../../../src/sync/landing/topic-table.ts';
import { describeWithKafka, sharedKafka, uniqueTopic } from '../../support/kafka-server.ts';
import { plainAccess } from '../../support/kafka-settings.ts';

const fields = [
  { field: 'line', type: 'int32' },
  { field: 'price', type: 'bytes', name: 'org.apache.kafka.connect.data.Decimal' },
  { field: 'order_id', type: 'int64' },
];
const key = { schema: { type: 'struct', fields: [fields[2], fields[0]] }, payload: { order_id: 1, line: 2 } };
const value = { schema: { type: 'struct', fields: [{ field: 'after', type: 'struct', fields }] }, payload: {} };

function bytes(of: object | null): Buffer | null {
  return of && Buffer.from(JSON.stringify(of));
}

/** A topic of two partitions; each message stands in the second. */
async function topicOf(...messages: readonly (readonly [key: object | null, value: object | null])[]) {
  const kafka = new KafkaConnection(plainAccess(await sharedKafka()), silentLog);
  const topic = uniqueTopic('table');
  await using admin = await kafka.admin();
  await admin.createTopic({ topic, partitions: 2, replicationFactor: 1, settings: {} });
  await using producer = await kafka.producer();
  const sent = messages.map(([k, v]) => ({ partition: 1, key: bytes(k), value: bytes(v), headers: {} }));
  if (sent.length > 0) await producer.send(topic, sent);
  return { kafka, topic };
}

describeWithKafka('a table that nobody but its topic tells of', () => {
  test('has the columns of the first message that has some, and its key in the order of the key', async () => {
    const { kafka, topic } = await topicOf([key, null], [key, value]);
    expect(await describeTopicTable(kafka, topic, 'items')).toMatchObject({
      name: 'items',
      key: ['order_id', 'line'],
      columns: [
        { name: 'line', mirrorType: 'integer' },
        { name: 'price', mirrorType: 'numeric' },
        { name: 'order_id', mirrorType: 'bigint' },
      ],
    });
  });

  test.each([
    ['values', [key, { after: {} }], 'value.converter.schemas.enable=true'],
    ['keys', [{ order_id: 1 }, value], 'key.converter.schemas.enable=true'],
    ['keys at all', [null, value], 'key.converter.schemas.enable=true'],
  ] as const)('is refused where it tells no schema of %s', async (_name, message, setting) => {
    const { kafka, topic } = await topicOf(message);
    await expect(describeTopicTable(kafka, topic, 'items')).rejects.toMatchObject({
      code: 'FIG_DEBEZIUM_SETTING',
      remedy: expect.stringContaining(setting),
    });
  });

  test('is waited for while there is no message, or no topic', async () => {
    const { kafka, topic } = await topicOf([key, null]);
    for (const asked of [topic, uniqueTopic('none')]) {
      await expect(describeTopicTable(kafka, asked, 'items')).rejects.toMatchObject({ code: 'FIG_TOPIC_WAITS' });
    }
  });
});
