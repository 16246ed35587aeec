import type { NormalizedKafkaEvents } from '../../../config/events-definition.ts';
import type { TopicToCreate } from '../client/kafka-admin.ts';

const WEEK_MS = 7 * 24 * 60 * 60_000;

/** How fig makes its topic on a cluster of so many brokers: nothing that is acknowledged is lost with one of them. */
export function topicToCreate(
  { topic, partitions, replicationFactor }: Pick<NormalizedKafkaEvents, 'topic' | 'partitions' | 'replicationFactor'>,
  brokers: number,
): TopicToCreate {
  const replicas = replicationFactor ?? Math.min(3, Math.max(1, brokers));
  return {
    topic,
    partitions,
    replicationFactor: replicas,
    settings: {
      'cleanup.policy': 'delete',
      'retention.ms': String(WEEK_MS),
      'retention.bytes': '-1',
      'max.message.bytes': '1048588',
      // With two replicas, one that is away must not stop all writing.
      'min.insync.replicas': replicas >= 3 ? '2' : '1',
      'unclean.leader.election.enable': 'false',
    },
  };
}
