import { FigError } from '../../../kernel/fig-error.ts';
import type { TopicDescription } from '../client/kafka-admin.ts';

/**
 * Pure. Throws FIG_DEBEZIUM_SETTING where a topic of a connector forgets what is not the last of its key: rows of a transaction, or its
 * beginning. Counts show that, but not those of a transaction that the connector was started anew inside of.
 */
export function judgeConnectorTopic(topic: string, { settings }: Pick<TopicDescription, 'settings'>): void {
  if (!settings.get('cleanup.policy')?.includes('compact')) return;
  throw new FigError('FIG_DEBEZIUM_SETTING', `${topic} is compacted, so that messages of it are missing`, {
    remedy: 'Set `cleanup.policy=delete` on the topic, and build the read models again.',
  });
}

/**
 * Pure. Throws FIG_DEBEZIUM_SETTING also where the topic of transactions cannot tell the order of commits: an end that comes behind
 * a later one would be taken for one that is sent again, and its transaction passed over.
 */
export function judgeTransactionTopic(topic: string, description: TopicDescription): void {
  judgeConnectorTopic(topic, description);
  const { length } = description.partitions;
  if (length === 1) return;
  throw new FigError('FIG_DEBEZIUM_SETTING', `${topic} has ${length} partitions, which have no order`, {
    remedy: 'Stop the connector, delete the topic, make it anew with one partition, and build the read models again.',
  });
}
