import { FigError } from '../../kernel/fig-error.ts';
import type { Position } from '../../kernel/position.ts';
import type { KafkaConnection } from '../kafka/client/kafka-connection.ts';
import { judgeTransactionTopic } from '../kafka/debezium/judge-connector-topic.ts';
import { keptTransactions } from '../kafka/debezium/kept-transactions.ts';
import type { TransactionMarks } from '../kafka/debezium/transaction-marks.ts';
import type { Landed } from './landing-place.ts';

export interface LandingTopics {
  readonly transactions: string;
  readonly tables: readonly string[];
  readonly landed: Pick<Landed, 'position' | 'isWhole' | 'hasTransactions'>;
  /** Where the legacy server's log is; undefined: nobody can be asked. */
  readonly end: Position | undefined;
  readonly marks: TransactionMarks;
}

const remedy =
  'Have the connector take its snapshot again, under another `topic.prefix`, into topics that keep everything (`retention.ms=-1`) until it has landed.';

/**
 * Throws FIG_TOPIC_GAP where topics have lost what is needed: all that they ever had as long as the first transaction has not
 * landed, what came after the last one that has from then on.
 */
export async function judgeTopics(kafka: KafkaConnection, topics: LandingTopics): Promise<void> {
  const { landed, transactions, tables, end } = topics;
  if (!landed.isWhole || !landed.hasTransactions) {
    // After a snapshot the first transaction is still to come.
    await refuseCut(kafka, { transactions, tables: landed.isWhole ? [] : tables });
    return;
  }
  const { position } = landed;
  // One that has landed and is still there shows that no later one has gone; where none is later, none can have.
  const kept = await keptTransactions(kafka, transactions, topics.marks);
  if ((end === undefined || end > position) && (kept === undefined || kept.first > position)) {
    const begins = kept === undefined ? 'has no transaction' : `begins with transaction ${kept.first}`;
    throw new FigError('FIG_TOPIC_GAP', `${transactions} ${begins}, and ${position} was the last that has landed`, {
      remedy,
    });
  }
}

async function refuseCut(
  kafka: KafkaConnection,
  { tables, transactions }: Pick<LandingTopics, 'tables' | 'transactions'>,
): Promise<void> {
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
