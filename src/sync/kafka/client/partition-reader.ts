import type { Cluster, Kafka } from 'kafkajs';
import { FigError } from '../../../kernel/fig-error.ts';
import { kafkaError } from './kafka-error.ts';
import { kafkajs } from './kafkajs.ts';
import { messageOf, type KafkaMessage } from './kafka-message.ts';
import { type AbortedTransaction, type FetchedRecord, withoutAborted } from './without-aborted.ts';

/** As large as one of our messages may be, with room. */
const MAX_BYTES = 8 * 1024 ** 2;

export interface PartitionSlice {
  /** From the offset that was asked for on; none: there is nothing yet. */
  readonly messages: readonly KafkaMessage[];
  /** Where to read on: behind the last message, and behind what is no message (the marks of transactions). */
  readonly next: bigint;
  /** The offset that will be written next. */
  readonly high: bigint;
  /** The first that is kept. */
  readonly low: bigint;
}

/**
 * Reads one partition from any offset, in no group and without committing anything. Of transactions what was committed.
 */
export class PartitionReader implements AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #topic: string;
  readonly #partition: number;

  private constructor(cluster: Cluster, topic: string, partition: number) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#partition = partition;
  }

  static async open(kafka: Kafka, topic: string, partition: number): Promise<PartitionReader> {
    const cluster = clusterOf(kafka);
    try {
      await cluster.connect();
      await cluster.addTargetTopic(topic);
    } catch (error) {
      await cluster.disconnect().catch(() => undefined);
      throw kafkaError(error, `read the topic ${topic}`);
    }
    return new PartitionReader(cluster, topic, partition);
  }

  /**
   * Waits up to `maxWaitMs` where there is nothing at the offset yet. Throws FIG_KAFKA_OFFSET_GONE where the topic no longer
   * has the offset, or has it not yet.
   */
  async read(from: bigint, maxWaitMs: number): Promise<PartitionSlice> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#fetch(from, maxWaitMs);
      } catch (error) {
        if (attempt === 5 || !isPassing(error)) throw this.#told(error, from);
        // kafkajs keeps a connection that was cut until it is told.
        if (error instanceof Error && 'host' in error && 'port' in error) {
          this.#cluster.removeBroker({ host: String(error.host), port: Number(error.port) });
        }
        await this.#cluster.refreshMetadata().catch(() => undefined);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster.disconnect().catch(() => undefined); // Nothing was asked that could be lost.
  }

  async #fetch(from: bigint, maxWaitMs: number): Promise<PartitionSlice> {
    const [nodeId] = Object.keys(this.#cluster.findLeaderForPartitions(this.#topic, [this.#partition]));
    if (nodeId === undefined) throw new FigError('FIG_KAFKA_TOPIC', `${this.#name()} does not exist, or has no leader`);
    const broker = await this.#cluster.findBroker({ nodeId });
    const { responses } = (await broker.fetch({
      maxWaitTime: maxWaitMs,
      minBytes: 1,
      maxBytes: MAX_BYTES,
      isolationLevel: 1,
      topics: [
        {
          topic: this.#topic,
          partitions: [{ partition: this.#partition, fetchOffset: from.toString(), maxBytes: MAX_BYTES }],
        },
      ],
    })) as FetchResponse;
    const [found] = responses.flatMap(({ partitions }) => partitions);
    if (found === undefined) throw new FigError('FIG_KAFKA_FAILED', `${this.#name()} was not in the broker's answer`);
    // A batch is handed out whole, also where the offset is in the middle of it.
    const given = withoutAborted(found.messages, found.abortedTransactions ?? []);
    const records = found.messages.filter(({ offset }) => BigInt(offset) >= from);
    const last = records.at(-1);
    return {
      messages: records.filter((record) => given.has(record) && record.isControlRecord !== true).map(messageOf),
      next: last === undefined ? from : BigInt(last.offset) + 1n,
      high: BigInt(found.highWatermark),
      low: BigInt(found.lastStartOffset ?? 0),
    };
  }

  #told(error: unknown, from: bigint): FigError {
    if (typeOf(error) !== 'OFFSET_OUT_OF_RANGE') return kafkaError(error, `read ${this.#name()}`);
    const message = `${this.#name()} does not have the offset ${String(from)}`;
    return new FigError('FIG_KAFKA_OFFSET_GONE', message, { cause: error });
  }

  #name(): string {
    return `partition ${String(this.#partition)} of the topic ${this.#topic}`;
  }
}

/** What kafkajs leaves untyped: the answer to a fetch request (Kafka protocol, Fetch, version 11). */
interface FetchResponse {
  readonly responses: readonly {
    readonly partitions: readonly {
      readonly highWatermark: string;
      /** kafkajs's name of log_start_offset. */
      readonly lastStartOffset?: string;
      readonly abortedTransactions?: readonly AbortedTransaction[] | null;
      readonly messages: readonly (Parameters<typeof messageOf>[0] & FetchedRecord)[];
    }[];
  }[];
}

/** kafkajs reads only as a group, but hands its cluster, which can fetch, to whoever divides the partitions of a group. */
function clusterOf(kafka: Kafka): Cluster {
  let cluster: Cluster | undefined;
  kafka.consumer({
    groupId: 'none',
    allowAutoTopicCreation: false,
    partitionAssigners: [
      (given) => {
        ({ cluster } = given);
        return kafkajs.PartitionAssigners.roundRobin(given);
      },
    ],
  });
  if (cluster === undefined) throw new FigError('FIG_KAFKA_FAILED', 'kafkajs did not hand out its cluster');
  return cluster;
}

/** The leader has moved, or is about to be elected, or the connection was cut. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    /^(LEADER_NOT_AVAILABLE|NOT_LEADER_FOR_PARTITION|FENCED_LEADER_EPOCH|UNKNOWN_LEADER_EPOCH)$/.test(
      typeOf(error) ?? '',
    ) || /^KafkaJS(Connection|BrokerNotFound)/.test(error.name)
  );
}

function typeOf(error: unknown): string | undefined {
  const type: unknown = error instanceof Error ? Reflect.get(error, 'type') : undefined;
  return typeof type === 'string' ? type : undefined;
}
