import type { KafkaMessage } from './kafka-message.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface KafkaBatch extends TopicPartition {
  /** In the order of their offsets; at least one. */
  readonly messages: readonly KafkaMessage[];
  /** The offset that will be written next. */
  readonly high: bigint;
  /** Aborts when the partition may have become another member's, or the consumer is to stop. */
  readonly signal: AbortSignal;
  /** Tells the group, for those who measure its lag, that messages before this offset are done. Never fails. */
  readonly commit: (offset: bigint) => Promise<void>;
}

export interface GroupTask {
  readonly group: string;
  readonly topics: readonly string[];
  /** A member that was not heard for so long has lost its partitions. Default 6,000 (the least that brokers allow). */
  readonly sessionTimeoutMs?: number | undefined;
  /** How long the broker may wait for messages, and how late at most a new division of the partitions is noticed. Default 500. */
  readonly maxWaitMs?: number | undefined;
  /** Bytes of a partition that are fetched at once, at least one message. Default 4 MiB. */
  readonly maxBytes?: number | undefined;
  /**
   * These partitions are this member's now. Resolves with the offsets to begin at; a partition without begins at the first
   * message that is kept. Nothing is delivered before.
   */
  readonly onAssigned: (partitions: readonly TopicPartition[]) => Promise<ReadonlyMap<string, bigint>>;
  /** They may be another member's from now on; `onAssigned` follows, also for those that stay. */
  readonly onRevoked: () => void;
  /** Batches of all partitions come one after the other. What it throws ends the consumer. */
  readonly onBatch: (batch: KafkaBatch) => Promise<void>;
}

/** Key of the offsets that `onAssigned` resolves with. */
export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${String(partition)}`;
}
