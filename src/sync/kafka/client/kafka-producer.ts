import type { Kafka, Producer } from 'kafkajs';
import { FigError } from '../../../kernel/fig-error.ts';
import { describeRequest } from './in-requests.ts';
import { kafkaError } from './kafka-error.ts';

/** kafkajs would repeat a request that is not answered for a minute and a half. */
export const SEND_BUDGET_MS = 30_000;

export interface MessageToSend {
  readonly partition: number;
  readonly key: Buffer | null;
  /** Null: a tombstone. */
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | string>>;
  /** Milliseconds since the epoch; undefined: now. */
  readonly timestampMs?: number | undefined;
}

/**
 * Writes to topics, in the order of the calls: idempotent, all in-sync replicas acknowledge, one request at a time. After a
 * send that failed nobody knows whether the brokers have it, so that this producer sends nothing more: whoever writes finds
 * out by reading, and goes on with another one.
 */
export class KafkaProducer implements AsyncDisposable {
  readonly #producer: Producer;
  readonly #budgetMs: number;
  #last: Promise<unknown> = Promise.resolve();
  #failed: FigError | undefined;

  private constructor(producer: Producer, budgetMs: number) {
    this.#producer = producer;
    this.#budgetMs = budgetMs;
  }

  /** `budgetMs`: for each send. */
  static async open(kafka: Kafka, budgetMs: number): Promise<KafkaProducer> {
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      // Every message names its partition.
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition ?? 0,
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, factor: 0.2, multiplier: 2, retries: 5 },
    });
    try {
      await producer.connect();
    } catch (error) {
      await producer.disconnect().catch(() => undefined);
      throw kafkaError(error, 'connect to Kafka for writing');
    }
    return new KafkaProducer(producer, budgetMs);
  }

  /**
   * Resolves with the offset of the first message in each partition, when all in-sync replicas have all. The messages of one
   * call for one partition are one batch: there together or not at all. Rejects when there is no answer within the budget;
   * what was sent may then still be written.
   */
  send(topic: string, messages: readonly MessageToSend[]): Promise<ReadonlyMap<number, bigint>> {
    const sent = this.#last.then(() => this.#send(topic, messages));
    this.#last = sent.catch(() => undefined);
    return sent;
  }

  async #send(topic: string, messages: readonly MessageToSend[]): Promise<ReadonlyMap<number, bigint>> {
    if (this.#failed !== undefined) {
      const { code, message } = this.#failed;
      throw new FigError(code, `nothing is written after a failure: ${message}`, { cause: this.#failed });
    }
    try {
      const sending = this.#producer.send({
        topic,
        acks: -1,
        messages: messages.map(({ partition, key, value, headers, timestampMs }) => {
          const timestamp = timestampMs === undefined ? {} : { timestamp: String(timestampMs) };
          return { partition, key, value, headers, ...timestamp };
        }),
      });
      const written = await withinBudget(sending, topic, this.#budgetMs);
      return new Map(written.map(({ partition, baseOffset }) => [partition, BigInt(baseOffset ?? -1)]));
    } catch (error) {
      this.#failed = kafkaError(error, describeRequest(messages, topic));
      throw this.#failed;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#failed ??= new FigError('FIG_KAFKA_FAILED', 'the producer was closed');
    await this.#producer.disconnect().catch(() => undefined); // What was sent is known by its own promise.
  }
}

/** What comes of it afterwards is found out by reading, as after any other failure. */
async function withinBudget<T>(sending: Promise<T>, topic: string, budgetMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `could not write to the topic ${topic}: no answer within ${String(budgetMs / 1_000)} s`;
      reject(new FigError('FIG_KAFKA_UNREACHABLE', message));
    }, budgetMs);
  });
  try {
    return await Promise.race([sending, late]);
  } finally {
    clearTimeout(timer);
  }
}
