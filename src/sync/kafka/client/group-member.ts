import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { FigError } from '../../../kernel/fig-error.ts';
import { partitionKey, type GroupTask, type KafkaBatch, type TopicPartition } from './group-task.ts';
import { KafkaAdmin } from './kafka-admin.ts';
import { kafkaError } from './kafka-error.ts';
import { messageOf } from './kafka-message.ts';

/** The partitions that are ours, until the group divides them anew. */
interface Assignment {
  readonly abort: AbortController;
  /** The offset that must come next, by partition. Known when it is ready. */
  readonly expected: Map<string, bigint>;
  ready: Promise<void>;
}

/** Stands between kafkajs and a task: which partitions are ours, and that none of their messages is left out. */
export class GroupMember {
  onFailure: (error: FigError) => void = () => undefined;
  readonly #kafka: Kafka;
  readonly #consumer: Consumer;
  readonly #task: GroupTask;
  readonly #heartbeatMs: number;
  #assignment: Assignment | undefined;
  #hasEnded = false;
  #admin: Promise<KafkaAdmin> | undefined;

  constructor(kafka: Kafka, consumer: Consumer, task: GroupTask, heartbeatMs: number) {
    this.#kafka = kafka;
    this.#consumer = consumer;
    this.#task = task;
    this.#heartbeatMs = heartbeatMs;
  }

  /** Called while the group is joined, before anything is fetched. */
  assign(assigned: Readonly<Record<string, readonly number[]>>): void {
    this.revoke();
    if (this.#hasEnded) return;
    const partitions = Object.entries(assigned).flatMap(([topic, numbers]) =>
      numbers.map((partition) => ({ topic, partition })),
    );
    const assignment: Assignment = { abort: new AbortController(), expected: new Map(), ready: Promise.resolve() };
    this.#assignment = assignment;
    assignment.ready = this.#begin(assignment, partitions);
    assignment.ready.catch((error: unknown) => this.#fail(error));
  }

  revoke(): void {
    const assignment = this.#assignment;
    this.#assignment = undefined;
    if (assignment === undefined) return;
    assignment.abort.abort();
    this.#task.onRevoked();
  }

  /** Nothing is delivered from now on. */
  end(): void {
    this.#hasEnded = true;
    this.revoke();
  }

  async close(): Promise<void> {
    this.end();
    const admin = await this.#admin?.catch(() => undefined);
    await admin?.[Symbol.asyncDispose]();
  }

  /** Hands a batch to the task, and keeps the membership alive meanwhile. Throws only what kafkajs threw. */
  async receive(payload: EachBatchPayload): Promise<void> {
    const assignment = this.#assignment;
    if (assignment === undefined) return;
    const heart = this.#beat(payload, assignment);
    try {
      await assignment.ready;
      // What was fetched before it was known where to begin is fetched again from there.
      if (payload.isStale() || assignment.abort.signal.aborted || !payload.isRunning()) return;
      await this.#hand(payload, assignment);
    } catch (error) {
      if (!heart.isLost()) this.#fail(error);
    } finally {
      heart.stop();
    }
    heart.throwIfLost();
  }

  async #hand(payload: EachBatchPayload, assignment: Assignment): Promise<void> {
    const { topic, partition, highWatermark } = payload.batch;
    const messages = payload.batch.messages.map(messageOf);
    const first = messages[0];
    if (first === undefined) return;
    const expected = assignment.expected.get(partitionKey({ topic, partition }));
    if (expected !== undefined && first.offset !== expected) {
      await this.#refuseGap({ topic, partition }, expected, first.offset);
    }
    const batch: KafkaBatch = {
      topic,
      partition,
      messages,
      high: BigInt(highWatermark),
      signal: assignment.abort.signal,
      commit: async (offset) => {
        // Only those who measure lag read it.
        await this.#consumer.commitOffsets([{ topic, partition, offset: offset.toString() }]).catch(() => undefined);
      },
    };
    await this.#task.onBatch(batch);
    if (assignment.abort.signal.aborted) return;
    // Behind the last message there may be the mark of a transaction.
    const last = payload.batch.lastOffset();
    payload.resolveOffset(last);
    assignment.expected.set(partitionKey({ topic, partition }), BigInt(last) + 1n);
  }

  /** kafkajs would begin anywhere the topic has something, and say nothing. */
  async #begin(assignment: Assignment, partitions: readonly TopicPartition[]): Promise<void> {
    const asked = await this.#task.onAssigned(partitions);
    const ranges = await this.#ranges(partitions);
    if (assignment.abort.signal.aborted) return;
    for (const { topic, partition } of partitions) {
      const key = partitionKey({ topic, partition });
      const range = ranges.get(key);
      const offset = asked.get(key) ?? range?.low ?? 0n;
      if (range !== undefined && (offset < range.low || offset > range.high)) throw gone({ topic, partition }, offset);
      assignment.expected.set(key, offset);
      this.#consumer.seek({ topic, partition, offset: offset.toString() });
    }
  }

  async #ranges(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, { low: bigint; high: bigint }>> {
    const admin = await (this.#admin ??= KafkaAdmin.open(this.#kafka));
    const ranges = new Map<string, { low: bigint; high: bigint }>();
    for (const topic of new Set(partitions.map((each) => each.topic))) {
      for (const [partition, range] of await admin.offsets(topic))
        ranges.set(partitionKey({ topic, partition }), range);
    }
    return ranges;
  }

  /** Compaction and the marks of transactions leave gaps, too; only what is before the first kept message is lost. */
  async #refuseGap(at: TopicPartition, expected: bigint, found: bigint): Promise<void> {
    const range = (await this.#ranges([at])).get(partitionKey(at));
    if (found < expected || range === undefined || range.low > expected) throw gone(at, expected);
  }

  #fail(error: unknown): void {
    this.end();
    this.onFailure(kafkaError(error, `read ${this.#task.topics.join(', ')}`));
  }

  /** While a batch is worked on nothing is fetched, and it is the fetching that would send heartbeats. */
  #beat(payload: EachBatchPayload, assignment: Assignment) {
    let lost: { readonly error: unknown } | undefined;
    const timer = setInterval(() => {
      payload.heartbeat().catch((error: unknown) => {
        lost ??= { error };
        clearInterval(timer);
        if (this.#assignment === assignment) this.revoke();
      });
    }, this.#heartbeatMs);
    return {
      stop: () => clearInterval(timer),
      isLost: () => lost !== undefined,
      throwIfLost: () => {
        if (lost !== undefined) throw lost.error;
      },
    };
  }
}

function gone({ topic, partition }: TopicPartition, offset: bigint): FigError {
  return new FigError(
    'FIG_KAFKA_OFFSET_GONE',
    `partition ${String(partition)} of the topic ${topic} does not have the offset ${String(offset)} (any more)`,
  );
}
