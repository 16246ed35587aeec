import { silentLog } from '../../src/kernel/log.ts';
import type { KafkaAccess } from '../../src/sync/kafka/client/access.ts';
import { KafkaConnection } from '../../src/sync/kafka/client/kafka-connection.ts';
import type { MessageToSend } from '../../src/sync/kafka/client/kafka-producer.ts';

/**
 * Writes messages of a topic once more: `late`, as a producer would whose requests arrive late, the second half first, and that
 * backwards; `in-order`, as a connector does that goes on before where it was. Leaves out those before the share that is given, from 0 to 1.
 */
export async function repeatMessages(
  access: KafkaAccess,
  topic: string,
  from: number,
  how: 'late' | 'in-order' = 'late',
): Promise<void> {
  const connection = new KafkaConnection(access, silentLog);
  const all: MessageToSend[] = [];
  await using reader = await connection.reader(topic, 0);
  for (let offset = 0n; ;) {
    const { messages, next, high } = await reader.read(offset, 100);
    for (const { key, value, headers } of messages) {
      all.push({ partition: 0, key, value, headers: Object.fromEntries(headers) });
    }
    offset = next;
    if (next >= high) break;
  }
  const late = all.slice(Math.floor(all.length * from));
  const middle = late.length >> 1;
  await using producer = await connection.producer();
  const again = how === 'late' ? [...late.slice(middle).toReversed(), ...late.slice(0, middle)] : late;
  for (const request of requestsOf(again)) {
    await producer.send(topic, request);
  }
}

/** As many as a broker takes at once. */
function requestsOf(messages: readonly MessageToSend[]): readonly MessageToSend[][] {
  const requests: MessageToSend[][] = [[]];
  let bytes = 0;
  for (const message of messages) {
    const its = (message.value?.length ?? 0) + 200;
    if (bytes + its > 600_000) {
      requests.push([]);
      bytes = 0;
    }
    requests.at(-1)!.push(message);
    bytes += its;
  }
  return requests.filter((request) => request.length > 0);
}
