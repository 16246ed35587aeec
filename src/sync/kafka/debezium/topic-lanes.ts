import { FigError } from '../../../kernel/fig-error.ts';
import { sleep } from '../../../kernel/service.ts';
import type { KafkaConnection } from '../client/kafka-connection.ts';
import type { PartitionReader, PartitionSlice } from '../client/partition-reader.ts';
import { judgeConnectorTopic } from './judge-connector-topic.ts';

const LOOK_EVERY_MS = 1_000;

export type LaneSlice = Pick<PartitionSlice, 'messages' | 'next' | 'high'>;

/** One partition, read from the first message that is kept. */
export interface TopicLane {
  readonly topic: string;
  readonly partition: number;
  /** Waits so long where there is nothing. */
  read(maxWaitMs: number, signal: AbortSignal): Promise<LaneSlice>;
}

/** Every partition of some topics. */
export interface TopicLanes extends AsyncDisposable {
  readonly prefix: string;
  readonly all: readonly TopicLane[];
}

/**
 * A topic that is not there yet, since the connector makes it with its first message, is waited for as one with one partition.
 * Where it comes to have more, reading throws FIG_REPLICATION_FAILED. Throws as `judgeConnectorTopic` does.
 */
export async function openLanes(
  kafka: KafkaConnection,
  prefix: string,
  topics: readonly string[],
): Promise<TopicLanes> {
  const all: PartitionLane[] = [];
  await using admin = await kafka.admin();
  for (const topic of topics) {
    const found = await admin.describeTopic(topic);
    if (found) judgeConnectorTopic(topic, found);
    const partitions = found?.partitions.map(({ partition }) => partition) ?? [0];
    for (const partition of partitions) all.push(new PartitionLane(kafka, topic, { partition, of: partitions.length }));
  }
  return {
    prefix,
    all,
    [Symbol.asyncDispose]: async () => {
      for (const lane of all) await lane[Symbol.asyncDispose]();
    },
  };
}

class PartitionLane implements TopicLane, AsyncDisposable {
  readonly topic: string;
  readonly #kafka: KafkaConnection;
  readonly partition: number;
  readonly #of: number;
  #reader: PartitionReader | undefined;
  #next = 0n;

  constructor(kafka: KafkaConnection, topic: string, { partition, of }: { partition: number; of: number }) {
    this.#kafka = kafka;
    this.topic = topic;
    this.partition = partition;
    this.#of = of;
  }

  async read(maxWaitMs: number, signal: AbortSignal): Promise<LaneSlice> {
    if (!this.#reader && !(await this.#begin())) {
      await sleep(LOOK_EVERY_MS, signal);
      return { messages: [], next: 0n, high: 0n };
    }
    const slice = await this.#reader!.read(this.#next, maxWaitMs);
    this.#next = slice.next;
    return slice;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader?.[Symbol.asyncDispose]();
  }

  async #begin(): Promise<boolean> {
    await using admin = await this.#kafka.admin();
    const found = await admin.describeTopic(this.topic);
    if (!found) return false;
    judgeConnectorTopic(this.topic, found);
    if (found.partitions.length !== this.#of) {
      const message = `${this.topic} has ${found.partitions.length} partitions now; reading begins anew with all of them`;
      throw new FigError('FIG_REPLICATION_FAILED', message);
    }
    this.#next = (await admin.offsets(this.topic)).get(this.partition)?.low ?? 0n;
    this.#reader = await this.#kafka.reader(this.topic, this.partition);
    return true;
  }
}
