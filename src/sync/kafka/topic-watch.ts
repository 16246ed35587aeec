import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import type { KafkaAccess } from './client/access.ts';
import type { KafkaAdmin, TopicDescription } from './client/kafka-admin.ts';
import { KafkaConnection } from './client/kafka-connection.ts';

/** Partitions and settings change when somebody changes them. */
const DESCRIBE_EVERY_MS = 30_000;

export interface TopicFacts {
  readonly topic: string;
  /** Undefined: for ever. */
  readonly retentionMs: number | undefined;
  /** How many copies the partition with the fewest has, and how many of these are in step. */
  readonly replicas: number;
  readonly inSync: number;
  readonly partitions: readonly PartitionFacts[];
}

export interface PartitionFacts {
  readonly partition: number;
  /** Offsets of the first message that is kept, and of the next that will be written. */
  readonly low: bigint;
  readonly end: bigint;
}

/** Looks at topics again and again, by one connection. How many bytes they take is not to be had through kafkajs. */
export class TopicWatch implements AsyncDisposable {
  readonly #kafka: KafkaConnection;
  readonly #described = new Map<string, { readonly description: TopicDescription; readonly at: number }>();
  #admin: KafkaAdmin | undefined;

  constructor(access: KafkaAccess, log: Log) {
    this.#kafka = new KafkaConnection(access, log);
  }

  /** Those of them that are there. `error`: why the brokers cannot be asked; then nothing is known of any. */
  async look(topics: readonly string[]): Promise<{ readonly topics: readonly TopicFacts[]; readonly error?: string }> {
    try {
      this.#admin ??= await this.#kafka.admin();
      const found: TopicFacts[] = [];
      for (const topic of topics) {
        const facts = await this.#factsOf(this.#admin, topic);
        if (facts) found.push(facts);
      }
      return { topics: found };
    } catch (error) {
      await this[Symbol.asyncDispose]();
      return { topics: [], error: describeError(error) };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const admin = this.#admin;
    this.#admin = undefined;
    this.#described.clear();
    await admin?.[Symbol.asyncDispose]();
  }

  async #factsOf(admin: KafkaAdmin, topic: string): Promise<TopicFacts | undefined> {
    const description = await this.#describe(admin, topic);
    if (!description) return undefined;
    const { partitions, settings } = description;
    const offsets = await admin.offsets(topic);
    const retention = Number(settings.get('retention.ms') ?? -1);
    return {
      topic,
      retentionMs: retention < 0 ? undefined : retention,
      replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
      inSync: Math.min(...partitions.map(({ inSync }) => inSync.length)),
      partitions: [...offsets]
        .map(([partition, { low, high }]) => ({ partition, low, end: high }))
        .toSorted((a, b) => a.partition - b.partition),
    };
  }

  async #describe(admin: KafkaAdmin, topic: string): Promise<TopicDescription | undefined> {
    const known = this.#described.get(topic);
    if (known && performance.now() - known.at < DESCRIBE_EVERY_MS) return known.description;
    const description = await admin.describeTopic(topic);
    if (description) this.#described.set(topic, { description, at: performance.now() });
    return description;
  }
}
