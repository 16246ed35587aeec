import { FigError } from '../../../kernel/fig-error.ts';
import type { TopicDescription } from '../client/kafka-admin.ts';

/**
 * Pure. Throws FIG_DEBEZIUM_SETTING where the topic cannot tell the order of commits, or which count of a transaction came first: an
 * end that comes behind a later one would be taken for one that is sent again, and its transaction passed over.
 */
export function judgeTransactionTopic(topic: string, { partitions, settings }: TopicDescription): void {
  if (partitions.length > 1) {
    throw new FigError('FIG_DEBEZIUM_SETTING', `${topic} has ${partitions.length} partitions, which have no order`, {
      remedy: 'Stop the connector, delete the topic, make it anew with one partition, and build the read models again.',
    });
  }
  if (settings.get('cleanup.policy')?.includes('compact')) {
    throw new FigError(
      'FIG_DEBEZIUM_SETTING',
      `${topic} is compacted, so that beginnings of transactions are missing`,
      {
        remedy: 'Set `cleanup.policy=delete` on the topic, and build the read models again.',
      },
    );
  }
}
