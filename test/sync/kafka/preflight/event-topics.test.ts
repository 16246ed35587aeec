import { expect, test } from 'vitest';
import type { NormalizedEventTopic } from '../../../../src/config/domain-topics-definition.ts';
import { silentLog } from '../../../../src/kernel/log.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import { inspectEventTopics } from '../../../../src/sync/kafka/preflight/inspect-event-topics.ts';
import { inspectTargetTopics } from '../../../../src/sync/kafka/preflight/inspect-target-topics.ts';
import { describeWithKafka, sharedKafka, uniqueTopic } from '../../../support/kafka-server.ts';
import { plainAccess } from '../../../support/kafka-settings.ts';

describeWithKafka('topics of events', () => {
  test('that are missing, forget soon or cannot be read are found before a read model is made of them', async () => {
    const access = plainAccess(await sharedKafka());
    const [good, hasty, packed, missing] = [uniqueTopic(), uniqueTopic(), uniqueTopic(), uniqueTopic()];
    const kafka = new KafkaConnection(access, silentLog);
    await using admin = await kafka.admin();
    const make = (topic: string, hours: number, more: Record<string, string> = {}): Promise<boolean> => {
      const settings = { 'retention.ms': String(hours * 3_600_000), ...more };
      return admin.createTopic({ topic, partitions: 1, replicationFactor: 1, settings });
    };
    await make(good, 168);
    await make(hasty, 2);
    // Whether messages are compressed by their writers or by the brokers is the same to who reads them.
    await make(packed, 168, { 'compression.type': 'zstd' });
    await using producer = await kafka.producer();
    await producer.send(packed, [{ partition: 0, key: null, value: Buffer.from('{}'), headers: {} }]);
    const topics = [good, hasty, packed, missing].map((topic): NormalizedEventTopic => ({
      ...access,
      topic,
      format: 'cloudevents',
      from: 'now',
      ignore: new Set(),
    }));
    const findings = await inspectEventTopics(topics, silentLog);
    expect(findings.map(({ id, severity, subject }) => [id, severity, subject])).toEqual([
      ['topic-retention', 'warning', hasty],
      ['topic-compression', 'error', packed],
      ['topic-compression', 'error', packed],
      ['topic-missing', 'error', missing],
    ]);
    const targets = [good, missing].map((topic) => ({ ...access, topic, key: 'domainEvents.publish.topic' }));
    expect(await inspectTargetTopics(targets, silentLog)).toMatchObject([
      { id: 'topic-missing', severity: 'error', subject: missing },
    ]);
  });
});
