import { FigError } from '../../kernel/fig-error.ts';
import type { Position } from '../../kernel/position.ts';
import type { KafkaConnection } from '../kafka/client/kafka-connection.ts';
import { judgeTransactionTopic } from '../kafka/debezium/judge-connector-topic.ts';
import { keptTransactions } from '../kafka/debezium/kept-transactions.ts';
import { binlogMarks } from '../kafka/debezium/transaction-marks.ts';

export interface LandingTopics {
  readonly transactions: string;
  readonly tables: readonly string[];
  /** What has landed; 0: not even the first transaction. */
  readonly landed: Position;
  /** Where the legacy server's log is. */
  readonly end: Position;
}

const remedy =
  'Have the connector take its snapshot again, under another `topic.prefix`, into topics that keep everything (`retention.ms=-1`) until it has landed.';

/**
 * Throws FIG_TOPIC_GAP where topics have lost what is needed: all that they ever had as long as the first transaction has not
 * landed, what came after the last one that has from then on.
 */
export async function judgeTopics(kafka: KafkaConnection, topics: LandingTopics): Promise<void> {
  const { landed, transactions, end } = topics;
  if (landed === 0n) {
    await refuseCut(kafka, topics);
    return;
  }
  // One that has landed and is still there shows that no later one has gone; where none is later, none can have.
  const kept = await keptTransactions(kafka, transactions, binlogMarks);
  if (end > landed && (kept === undefined || kept.first > landed)) {
    const begins = kept === undefined ? 'has no transaction' : `begins with transaction ${kept.first}`;
    throw new FigError('FIG_TOPIC_GAP', `${transactions} ${begins}, and ${landed} was the last that has landed`, {
      remedy,
    });
  }
}

async function refuseCut(kafka: KafkaConnection, { tables, transactions }: LandingTopics): Promise<void> {
  await using admin = await kafka.admin();
  for (const topic of [...tables, transactions]) {
    const found = await admin.describeTopic(topic);
    if (!found) continue;
    if (topic === transactions) judgeTransactionTopic(topic, found);
    for (const [partition, { low }] of await admin.offsets(topic)) {
      if (low === 0n) continue;
      const cut = `${topic} begins at offset ${low} of partition ${partition}, so rows are missing`;
      throw new FigError('FIG_TOPIC_GAP', cut, { remedy });
    }
  }
}
