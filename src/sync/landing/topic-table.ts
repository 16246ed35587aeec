import { FigError } from '../../kernel/fig-error.ts';
import type { KafkaConnection } from '../kafka/client/kafka-connection.ts';
import type { KafkaMessage } from '../kafka/client/kafka-message.ts';
import { columnOfField } from '../kafka/debezium/column-of-field.ts';
import { MessageOpener } from '../kafka/debezium/connect-message.ts';
import { wrongSetting } from '../kafka/debezium/refusals.ts';
import type { LandedTable } from './mysql-catalog.ts';

const WAIT_MS = 500;

/**
 * A legacy table as the first message of its topic that is kept tells it: where no account reads the catalog, nothing else
 * does. Throws FIG_TOPIC_WAITS while there is none, FIG_DEBEZIUM_SETTING where messages carry no schemas or no key.
 */
export async function describeTopicTable(kafka: KafkaConnection, topic: string, name: string): Promise<LandedTable> {
  const message = await firstMessage(kafka, topic);
  if (!message) {
    const why = `${topic} has no message, and without an account at the legacy server nothing else tells the columns of ${name}`;
    throw new FigError('FIG_TOPIC_WAITS', why, {
      remedy: 'It begins by itself with the first row of the table. Or give fig an account: docs/mysql-family.md.',
    });
  }
  const { schema } = new MessageOpener().open(message.value!.toString());
  const columns = schema?.fields?.find(({ field }) => field === 'after')?.fields;
  if (!columns) throw wrongSetting(topic, 'its messages tell no columns', 'value.converter.schemas.enable=true');
  const key = message.key && new MessageOpener().open(message.key.toString()).schema?.fields;
  if (!key) throw wrongSetting(topic, 'its keys tell no columns', 'key.converter.schemas.enable=true');
  return { name, columns: columns.map((field) => columnOfField(field)), key: key.map(({ field }) => field) };
}

async function firstMessage(kafka: KafkaConnection, topic: string): Promise<KafkaMessage | undefined> {
  await using admin = await kafka.admin();
  if (!(await admin.describeTopic(topic))) return undefined;
  for (const [partition, { low, high }] of await admin.offsets(topic)) {
    await using reader = await kafka.reader(topic, partition);
    for (let next = low; next < high;) {
      const slice = await reader.read(next, WAIT_MS);
      const found = slice.messages.find(({ value }) => value !== null);
      if (found) return found;
      if (slice.next === next) break;
      next = slice.next;
    }
  }
  return undefined;
}
