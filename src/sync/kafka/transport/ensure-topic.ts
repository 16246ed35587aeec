import type { NormalizedKafkaEvents } from '../../../config/events-definition.ts';
import { FigError } from '../../../kernel/fig-error.ts';
import type { Log } from '../../../kernel/log.ts';
import type { KafkaConnection } from '../client/kafka-connection.ts';

/** A projecting process that was away for longer has its read models built again. */
const RETENTION_MS = 7 * 24 * 3_600_000;

/** Makes the topic if there is none. Throws FIG_KAFKA_TOPIC when it may not, or when it has other partitions. */
export async function ensureTopic(kafka: KafkaConnection, events: NormalizedKafkaEvents, log: Log): Promise<void> {
  const { topic, partitions, createTopic, replicationFactor } = events;
  await using admin = await kafka.admin();
  const found = await admin.describeTopic(topic);
  if (found) {
    if (found.partitions.length === partitions) return;
    throw new FigError(
      'FIG_KAFKA_TOPIC',
      `the topic ${topic} has ${found.partitions.length} partitions, and events.partitions is ${partitions}`,
    );
  }
  if (!createTopic)
    throw new FigError('FIG_KAFKA_TOPIC', `the topic ${topic} does not exist, and createTopic is false`);
  const copies = replicationFactor ?? Math.min(3, (await admin.brokers()).length);
  const settings = {
    'cleanup.policy': 'delete',
    'retention.ms': String(RETENTION_MS),
    'retention.bytes': '-1',
    'min.insync.replicas': String(copies > 2 ? 2 : 1),
    'unclean.leader.election.enable': 'false',
  };
  await admin.createTopic({ topic, partitions, replicationFactor: copies, settings });
  log.info({ topic, partitions, replicationFactor: copies }, 'the topic was made');
}
