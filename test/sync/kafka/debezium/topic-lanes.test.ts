import { expect, test } from 'vitest';
import { silentLog } from '../../../../src/kernel/log.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import { openLanes } from '../../../../src/sync/kafka/debezium/topic-lanes.ts';
import { describeWithKafka, sharedKafka, uniqueTopic } from '../../../support/kafka-server.ts';

const never = new AbortController().signal;

describeWithKafka('the topics of a connector', () => {
  test(
    'are read in all their partitions, or refused, also where a topic came after it was looked for',
    { timeout: 60_000 },
    async () => {
      const security = { tls: undefined, sasl: undefined };
      const kafka = new KafkaConnection({ brokers: [await sharedKafka()], security }, silentLog);
      const topic = uniqueTopic();
      await using admin = await kafka.admin();
      await using early = await openLanes(kafka, topic, [topic]);
      await admin.createTopic({ topic, partitions: 2, replicationFactor: 1, settings: {} });
      await expect(early.all[0]!.read(100, never)).rejects.toMatchObject({ code: 'FIG_REPLICATION_FAILED' });
      await using lanes = await openLanes(kafka, topic, [topic]);
      expect(lanes.all).toHaveLength(2);
      for (const lane of lanes.all) expect(await lane.read(100, never)).toMatchObject({ messages: [], high: 0n });

      const compacted = uniqueTopic();
      await using tooEarly = await openLanes(kafka, compacted, [compacted]);
      const settings = { 'cleanup.policy': 'compact' };
      await admin.createTopic({ topic: compacted, partitions: 1, replicationFactor: 1, settings });
      const refusal = { code: 'FIG_DEBEZIUM_SETTING' };
      await expect(tooEarly.all[0]!.read(100, never)).rejects.toMatchObject(refusal);
      await expect(openLanes(kafka, compacted, [compacted])).rejects.toMatchObject(refusal);
    },
  );
});
