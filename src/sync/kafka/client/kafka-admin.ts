import { setTimeout as delay } from 'node:timers/promises';
import type { Admin, ITopicMetadata, Kafka } from 'kafkajs';
import { kafkaError } from './kafka-error.ts';
import { kafkajs } from './kafkajs.ts';

export interface TopicDescription {
  readonly partitions: readonly PartitionDescription[];
  /** What holds for the topic, also where it is the broker's default: `cleanup.policy`, `retention.ms`, ... */
  readonly settings: ReadonlyMap<string, string>;
}

export interface PartitionDescription {
  readonly partition: number;
  /** Node id; undefined: it has none at the moment. */
  readonly leader: number | undefined;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
}

/** Offsets of the first message that is kept, and of the next that will be written. */
export interface OffsetRange {
  readonly low: bigint;
  readonly high: bigint;
}

export interface TopicToCreate {
  readonly topic: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** Of a topic that was just made. */
const LEADERS_BUDGET_MS = 10_000;

/** Asks about a cluster and its topics. */
export class KafkaAdmin implements AsyncDisposable {
  readonly #kafka: Kafka;
  readonly #admin: Admin;

  private constructor(kafka: Kafka, admin: Admin) {
    this.#kafka = kafka;
    this.#admin = admin;
  }

  static async open(kafka: Kafka): Promise<KafkaAdmin> {
    const admin = kafka.admin();
    await told('connect to Kafka', async () => {
      try {
        await admin.connect();
      } catch (error) {
        await admin.disconnect().catch(() => undefined);
        throw error;
      }
    });
    return new KafkaAdmin(kafka, admin);
  }

  /** Node ids of the brokers. */
  async brokers(): Promise<readonly number[]> {
    const { brokers } = await told('ask which brokers there are', () => this.#admin.describeCluster());
    return brokers.map(({ nodeId }) => nodeId).toSorted((a, b) => a - b);
  }

  /** Undefined: there is no such topic, or we may not see it. */
  async describeTopic(topic: string): Promise<TopicDescription | undefined> {
    const partitions = await told(`describe the topic ${topic}`, () => this.#partitions(topic));
    if (partitions === undefined) return undefined;
    const settings = await told(`read the settings of the topic ${topic}`, () => this.#settings(topic));
    return { partitions, settings };
  }

  /** False: it was there already. Resolves when it has its leaders. */
  async createTopic({ topic, partitions, replicationFactor, settings }: TopicToCreate): Promise<boolean> {
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    return told(`create the topic ${topic}`, async () => {
      const isNew = await this.#admin.createTopics({
        topics: [{ topic, numPartitions: partitions, replicationFactor, configEntries }],
        waitForLeaders: false,
      });
      if (isNew) await this.#untilLed(topic);
      return isNew;
    });
  }

  async deleteTopic(topic: string): Promise<void> {
    await told(`delete the topic ${topic}`, () => this.#admin.deleteTopics({ topics: [topic] }));
  }

  /** By partition. Throws FIG_KAFKA_TOPIC where there is no such topic. */
  async offsets(topic: string): Promise<ReadonlyMap<number, OffsetRange>> {
    const found = await told(`ask for the offsets of ${topic}`, () => this.#admin.fetchTopicOffsets(topic));
    return new Map(found.map(({ partition, low, high }) => [partition, { low: BigInt(low), high: BigInt(high) }]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin.disconnect().catch(() => undefined); // Nothing was asked that could be lost.
  }

  /** kafkajs can wait itself, but fails where a broker has not heard of the topic yet, as they do a moment after the controller. */
  async #untilLed(topic: string): Promise<void> {
    const end = Date.now() + LEADERS_BUDGET_MS;
    for (;;) {
      const partitions = await this.#partitions(topic).catch((error: unknown) => {
        if (typeOf(error) !== 'LEADER_NOT_AVAILABLE') throw error;
      });
      if (partitions?.every(({ leader }) => leader !== undefined) === true) return;
      if (Date.now() > end) throw new Error(`its partitions have no leaders after ${LEADERS_BUDGET_MS / 1_000} s`);
      await delay(100);
    }
  }

  async #partitions(topic: string): Promise<PartitionDescription[] | undefined> {
    try {
      const found = await this.#metadata(topic);
      return found?.partitions
        .map(({ partitionId, leader, replicas, isr }) => ({
          partition: partitionId,
          leader: leader < 0 ? undefined : leader,
          replicas,
          inSync: isr,
        }))
        .toSorted((a, b) => a.partition - b.partition);
    } catch (error) {
      if (typeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined;
      throw error;
    }
  }

  async #metadata(topic: string): Promise<ITopicMetadata | undefined> {
    const options = { topics: [topic] };
    try {
      return (await this.#admin.fetchTopicMetadata(options)).topics[0];
    } catch (error) {
      // Of a topic that it believes to be there kafkajs drops the brokers' refusals and reads from nothing. One that has asked for
      // none yet tells them.
      if (!(error instanceof TypeError)) throw error;
      await using anew = await KafkaAdmin.open(this.#kafka);
      return (await anew.#admin.fetchTopicMetadata(options)).topics[0];
    }
  }

  async #settings(name: string): Promise<ReadonlyMap<string, string>> {
    const type = kafkajs.ConfigResourceTypes.TOPIC;
    const { resources } = await this.#admin.describeConfigs({ resources: [{ type, name }], includeSynonyms: false });
    const entries = resources.flatMap(({ configEntries }) => configEntries);
    // The value of a sensitive setting is null.
    return new Map(entries.map(({ configName, configValue }) => [configName, configValue ?? '']));
  }
}

/** The protocol's name of an error that a broker answered with. */
function typeOf(error: unknown): unknown {
  return error instanceof Error ? Reflect.get(error, 'type') : undefined;
}

async function told<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw kafkaError(error, doing);
  }
}
