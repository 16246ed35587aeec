import type { NormalizedEventTopic } from '../../../config/domain-topics-definition.ts';
import { FigError } from '../../../kernel/fig-error.ts';
import type { TopicOffset } from '../../../store/topic-store.ts';
import type { KafkaAdmin, OffsetRange } from '../client/kafka-admin.ts';
import type { PartitionReader } from '../client/partition-reader.ts';
import { changed, judgePlace, nameOf } from './judge-place.ts';
import { digestOfMessage } from './message-digests.ts';

/** Where to read each partition of a topic from. */
export interface FoundPartitions {
  /** Those that were read before. */
  readonly known: readonly TopicOffset[];
  readonly fresh: readonly Pick<TopicOffset, 'topic' | 'partition' | 'next'>[];
}

/**
 * The partitions that a topic has now. What was read of it before must still be there. Partitions that came later are read
 * from their beginning. Throws FIG_EVENT_TOPIC_CHANGED, FIG_EVENTS_LOST, FIG_KAFKA_*.
 */
export async function findPartitions(
  admin: KafkaAdmin,
  { topic, from }: NormalizedEventTopic,
  stored: readonly TopicOffset[],
): Promise<FoundPartitions> {
  // Asking for the offsets of a topic that is not there makes kafkajs try for seconds.
  if ((await admin.describeTopic(topic)) === undefined) {
    throw new FigError('FIG_KAFKA_TOPIC', `the topic ${topic} does not exist, or may not be seen`);
  }
  const ranges = await admin.offsets(topic);
  for (const each of stored) judgePlace(each, ranges.get(each.partition));
  const isFirst = stored.length === 0;
  const start = ({ low, high }: OffsetRange): bigint => (isFirst && from === 'now' ? high : low);
  return {
    known: stored,
    fresh: [...ranges]
      .filter(([partition]) => stored.every((each) => each.partition !== partition))
      .map(([partition, range]) => ({ topic, partition, next: start(range) })),
  };
}

/**
 * A topic that was made anew may have as many messages as the one before. So what was read last is read again: another
 * message at its offset is none of that topic. Where it is gone, by retention or compaction, nobody can tell.
 */
export async function checkLast(
  reader: PartitionReader,
  { topic, partition, last }: TopicOffset,
  low: bigint,
): Promise<void> {
  if (last === undefined || last.offset < low) return;
  const { messages } = await reader.read(last.offset, 0);
  const found = messages[0];
  if (found === undefined || found.offset !== last.offset || digestOfMessage(found).equals(last.digest)) return;
  throw changed(`${nameOf(topic, partition)} has another message at offset ${String(last.offset)} than was read there`);
}
