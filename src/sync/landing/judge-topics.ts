import { FigError } from '../../kernel/fig-error.ts';
import type { KafkaConnection } from '../kafka/client/kafka-connection.ts';
import type { Landed } from './landing-place.ts';

export interface LandingTopics {
  readonly transactions: string;
  readonly tables: readonly string[];
  /** Undefined: nothing yet. */
  readonly landed: Landed | undefined;
}

const remedy =
  'Have the connector take its snapshot again into topics that keep everything (`retention.ms=-1`), under another `topic.prefix`.';

/**
 * Throws FIG_TOPIC_GAP where topics have lost what is needed: all that a table's topic ever had as long as the first
 * transaction has not landed.
 */
export async function judgeTopics(
  kafka: KafkaConnection,
  { tables, transactions, landed }: LandingTopics,
): Promise<void> {
  await using admin = await kafka.admin();
  const needed = landed && landed.position > 0n ? [] : [...tables, transactions];
  for (const topic of needed) {
    if (!(await admin.describeTopic(topic))) continue;
    for (const [partition, { low }] of await admin.offsets(topic)) {
      if (low === 0n) continue;
      throw new FigError(
        'FIG_TOPIC_GAP',
        `${topic} begins at offset ${low} of partition ${partition}, so rows are missing`,
        {
          remedy,
        },
      );
    }
  }
}
