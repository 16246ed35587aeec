import type { Position } from '../../../kernel/position.ts';
import type { KafkaConnection } from '../client/kafka-connection.ts';
import type { PartitionReader } from '../client/partition-reader.ts';
import { MessageOpener } from './connect-message.ts';
import { judgeTransactionTopic } from './judge-connector-topic.ts';
import { readTransactionNote } from './transaction-end.ts';
import { postgresMarks, type TransactionMarks } from './transaction-marks.ts';

const WAIT_MS = 500;
/** Among so many messages at the end of the topic there is an end of a transaction: every other one is. */
const TAIL = 20n;

/** The ends of the first and the last transaction that a topic of transactions has; undefined: it has none. Throws as `judgeTransactionTopic` does. */
export async function keptTransactions(
  kafka: KafkaConnection,
  topic: string,
  marks: TransactionMarks = postgresMarks,
): Promise<{ readonly first: Position; readonly last: Position } | undefined> {
  await using admin = await kafka.admin();
  const found = await admin.describeTopic(topic);
  if (!found) return undefined;
  judgeTransactionTopic(topic, found);
  const { low, high } = (await admin.offsets(topic)).get(0) ?? { low: 0n, high: 0n };
  await using reader = await kafka.reader(topic, 0);
  const [first] = await endsFrom(reader, marks, { from: low, high, most: 1 });
  const tail = high - TAIL > low ? high - TAIL : low;
  const last = (await endsFrom(reader, marks, { from: tail, high, most: Infinity })).at(-1);
  return first === undefined || last === undefined ? undefined : { first, last };
}

async function endsFrom(
  reader: PartitionReader,
  marks: TransactionMarks,
  { from, high, most }: { readonly from: bigint; readonly high: bigint; readonly most: number },
): Promise<readonly Position[]> {
  const opener = new MessageOpener();
  const ends: Position[] = [];
  for (let next = from; next < high && ends.length < most;) {
    const slice = await reader.read(next, WAIT_MS);
    for (const { value } of slice.messages) {
      const note = value && readTransactionNote(opener.open(value.toString()));
      if (note?.type === 'end') ends.push(marks.ofNote(note.id).position);
    }
    if (slice.next === next) break;
    next = slice.next;
  }
  return ends;
}
