import { expect, test } from 'vitest';
import type { NormalizedEventTopic } from '../../../../src/config/domain-topics-definition.ts';
import { silentLog } from '../../../../src/kernel/log.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import { inspectEventTopics } from '../../../../src/sync/kafka/preflight/inspect-event-topics.ts';
import { describeWithKafka, sharedKafka, uniqueTopic } from '../../../support/kafka-server.ts';
import { plainAccess } from '../../../support/kafka-settings.ts';

describeWithKafka('topics of events', () => {
  test('that are missing or forget soon are found before a read model is made of them', async () => {
    const access = plainAccess(await sharedKafka());
    const [good, hasty, missing] = [uniqueTopic(), uniqueTopic(), uniqueTopic()];
    await using admin = await new KafkaConnection(access, silentLog).admin();
    const make = (topic: string, hours: number): Promise<boolean> => {
      const settings = { 'retention.ms': String(hours * 3_600_000) };
      return admin.createTopic({ topic, partitions: 1, replicationFactor: 1, settings });
    };
    await make(good, 168);
    await make(hasty, 2);
    const topics = [good, hasty, missing].map((topic): NormalizedEventTopic => ({
      ...access,
      topic,
      format: 'cloudevents',
      from: 'now',
      ignore: new Set(),
    }));
    const findings = await inspectEventTopics(topics, silentLog);
    expect(findings.map(({ id, severity, subject }) => [id, severity, subject])).toEqual([
      ['topic-retention', 'warning', hasty],
      ['topic-missing', 'error', missing],
    ]);
  });
});
