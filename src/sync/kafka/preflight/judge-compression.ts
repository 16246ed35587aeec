import type { Finding } from '../../postgres/preflight/finding.ts';
import type { TopicDescription } from '../client/kafka-admin.ts';
import { alterTopic } from './alter-topic.ts';

/** Kafka 4.1, "Topic Configs", compression.type: what brokers may make of messages without fig being unable to read them. */
const readable: ReadonlySet<string> = new Set(['producer', 'uncompressed', 'none', 'gzip']);

/** Pure: whether the brokers compress what is in a topic in a way that fig cannot read (decision 0055). */
export function judgeCompression(
  brokers: readonly string[],
  topic: string,
  { settings }: Pick<TopicDescription, 'settings'>,
): readonly Finding[] {
  const kind = settings.get('compression.type') ?? 'producer';
  if (readable.has(kind)) return [];
  return [
    {
      id: 'topic-compression',
      severity: 'error',
      subject: topic,
      problem: `is compressed by the brokers with ${kind}, which fig cannot read`,
      remedy: `${alterTopic(brokers, topic, 'compression.type=gzip')}; what is there already stays as it is`,
    },
  ];
}
