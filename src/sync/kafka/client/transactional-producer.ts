import type { Admin, Kafka, Message, Producer } from 'kafkajs';
import { FigError } from '../../../kernel/fig-error.ts';
import { milestone } from '../../../kernel/milestones.ts';
import { kafkaError } from './kafka-error.ts';
import { describeRequest, inRequests } from './in-requests.ts';
import { kafkajs } from './kafkajs.ts';

/** The brokers abort what is open for longer. */
const TRANSACTION_TIMEOUT_MS = 30_000;

export interface KeyedMessage {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestampMs?: number | undefined;
}

export interface ProducerIdentity {
  /** Of those who use the same one, whoever came last can write; the others fail. */
  readonly transactionalId: string;
  /** Group under whose name the number of the last message is kept, in the transaction that writes it. */
  readonly group: string;
  readonly topic: string;
  /** Bytes of messages that one request should have at most; default: what topics take unless told otherwise. */
  readonly requestBytes?: number | undefined;
}

/**
 * Writes messages to a topic together with a number that says how far it is, in one Kafka transaction: who reads
 * committed messages sees both or none. After a failure it must be closed; the next one is told what became of it.
 */
export class TransactionalProducer implements AsyncDisposable {
  readonly #producer: Producer;
  readonly #identity: ProducerIdentity;
  /** The last number that was written; undefined: none ever was. */
  readonly written: bigint | undefined;

  private constructor(producer: Producer, identity: ProducerIdentity, written: bigint | undefined) {
    this.#producer = producer;
    this.#identity = identity;
    this.written = written;
  }

  /** Ends what others with the same identity have open. Throws FIG_KAFKA_*. */
  static async open(kafka: Kafka, identity: ProducerIdentity): Promise<TransactionalProducer> {
    const producer = kafka.producer({
      transactionalId: identity.transactionalId,
      idempotent: true,
      maxInFlightRequests: 1,
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
      allowAutoTopicCreation: false,
      // Equal keys to equal partitions, as Java's client does it.
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      retry: { initialRetryTime: 50, maxRetryTime: 1_000, factor: 0.2, multiplier: 1.5, retries: 12 },
    });
    try {
      await producer.connect();
      // The first one has the brokers decide about all earlier ones, so that what is read then is how far they came.
      await (await producer.transaction()).abort();
      const written = await readNumber(kafka.admin(), identity);
      return new TransactionalProducer(producer, identity, written);
    } catch (error) {
      await producer.disconnect().catch(() => undefined); // The first error is the one that matters.
      throw kafkaError(error, `write to the topic ${identity.topic} in transactions`);
    }
  }

  /** `number`: of the last of the messages. */
  async write(messages: readonly KeyedMessage[], number: bigint): Promise<void> {
    const { topic, group, requestBytes } = this.#identity;
    let doing = `write to the topic ${topic}`;
    try {
      const transaction = await this.#producer.transaction();
      for (const request of inRequests(messages, requestBytes)) {
        doing = describeRequest(request, topic);
        await transaction.send({ topic, acks: -1, messages: request.map(recordOf) });
      }
      milestone('publish:sent');
      const offsets = [{ partition: 0, offset: number.toString() }];
      await transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic, partitions: offsets }] });
      milestone('publish:numbered');
      await transaction.commit();
      milestone('publish:committed');
    } catch (error) {
      throw kafkaError(error, doing);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#producer.disconnect().catch(() => undefined); // What was open is aborted by whoever comes next.
  }
}

function recordOf({ key, value, headers, timestampMs }: KeyedMessage): Message {
  const timestamp = timestampMs === undefined ? {} : { timestamp: String(timestampMs) };
  return { key, value, headers: { ...headers }, ...timestamp };
}

async function readNumber(admin: Admin, { group, topic }: ProducerIdentity): Promise<bigint | undefined> {
  try {
    await admin.connect();
    const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    const offset = found?.partitions.find(({ partition }) => partition === 0)?.offset;
    if (offset === undefined) throw new FigError('FIG_KAFKA_TOPIC', `there is no topic ${topic}`);
    return BigInt(offset) < 0n ? undefined : BigInt(offset);
  } finally {
    await admin.disconnect().catch(() => undefined); // It is known, or why it is not.
  }
}
