import type { NormalizedEventTopic } from '../../../config/domain-topics-definition.ts';
import { FigError } from '../../../kernel/fig-error.ts';
import type { Log } from '../../../kernel/log.ts';
import type { MetEvent } from '../../tail/event-line.ts';
import { KafkaConnection } from '../client/kafka-connection.ts';
import { decodeMessage } from './decode-message.ts';
import type { MessageToDecode } from './decoded-message.ts';

const WAIT_MS = 500;

export interface TailEventTopicOptions {
  readonly topic: NormalizedEventTopic;
  readonly from: 'beginning' | 'now';
  /** Told when the places are known from which everything is seen; reading begins when it resolves. */
  readonly onBegin: () => Promise<void>;
  /** Reading waits for it. */
  readonly take: (event: MetEvent) => Promise<void>;
  readonly log: Log;
}

/**
 * Shows the events of a topic that others write, of all partitions that it has now, until the signal. It reads in no group and
 * keeps no place. Throws FIG_KAFKA_*.
 */
export async function tailEventTopic(options: TailEventTopicOptions, signal: AbortSignal): Promise<void> {
  const { topic, from, onBegin, take, log } = options;
  const kafka = new KafkaConnection(topic, log);
  const places = await placesOf(kafka, topic.topic, from);
  const ended = new AbortController();
  const ending = AbortSignal.any([signal, ended.signal]);
  const follow = async (partition: number, first: bigint): Promise<void> => {
    await using reader = await kafka.reader(topic.topic, partition);
    for (let next = first; !ending.aborted;) {
      const slice = await reader.read(next, WAIT_MS);
      next = slice.next;
      for (const message of slice.messages) {
        if (ending.aborted) return;
        const met = metIn(topic, message, `${String(partition)}:${String(message.offset)}`);
        if (met) await take(met);
      }
    }
  };
  await onBegin();
  try {
    await Promise.all([...places].map(([partition, first]) => follow(partition, first)));
  } finally {
    ended.abort();
  }
}

async function placesOf(
  kafka: KafkaConnection,
  topic: string,
  from: TailEventTopicOptions['from'],
): Promise<ReadonlyMap<number, bigint>> {
  await using admin = await kafka.admin();
  // Asking for the offsets of a topic that is not there makes kafkajs try for seconds.
  if ((await admin.describeTopic(topic)) === undefined) {
    throw new FigError('FIG_KAFKA_TOPIC', `the topic ${topic} does not exist, or may not be seen`);
  }
  const ranges = await admin.offsets(topic);
  return new Map([...ranges].map(([partition, { low, high }]) => [partition, from === 'beginning' ? low : high]));
}

/** Undefined: it is no event. One that cannot be read has no type and no key. */
function metIn(
  { topic, format }: NormalizedEventTopic,
  message: MessageToDecode,
  position: string,
): MetEvent | undefined {
  const decoded = decodeMessage(format, message);
  if (decoded.kind === 'nothing') return undefined;
  const { type, key, at } = decoded.kind === 'event' ? decoded.event : {};
  return { type, key, from: topic, position, atMs: at?.getTime() ?? message.timestampMs ?? Date.now() };
}
