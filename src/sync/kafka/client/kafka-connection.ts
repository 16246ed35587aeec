import type { Kafka } from 'kafkajs';
import type { Log } from '../../../kernel/log.ts';
import type { KafkaAccess } from './access.ts';
import { clientOptions } from './client-options.ts';
import { KafkaAdmin } from './kafka-admin.ts';
import { KafkaProducer, SEND_BUDGET_MS } from './kafka-producer.ts';
import { kafkajs } from './kafkajs.ts';
import { logBridge } from './log-bridge.ts';
import { PartitionReader } from './partition-reader.ts';
import { type ProducerIdentity, TransactionalProducer } from './transactional-producer.ts';

/**
 * The way to a Kafka cluster. Nothing is connected before it is asked for; what is made must be closed by whoever asked.
 * Every error is a FigError: FIG_KAFKA_UNREACHABLE, FIG_KAFKA_REFUSED, FIG_KAFKA_TOPIC, FIG_KAFKA_OFFSET_GONE or
 * FIG_KAFKA_FAILED.
 */
export class KafkaConnection {
  readonly #kafka: Kafka;
  readonly #sendBudgetMs: number;

  /** `sendBudgetMs`: how long `KafkaProducer.send` waits for an answer. Throws FIG_CERTIFICATE_INVALID. */
  constructor(access: KafkaAccess, log: Log, sendBudgetMs: number = SEND_BUDGET_MS) {
    this.#sendBudgetMs = sendBudgetMs;
    this.#kafka = new kafkajs.Kafka({
      ...clientOptions(access),
      logLevel: kafkajs.logLevel.INFO,
      logCreator: logBridge(log),
    });
  }

  admin(): Promise<KafkaAdmin> {
    return KafkaAdmin.open(this.#kafka);
  }

  producer(): Promise<KafkaProducer> {
    return KafkaProducer.open(this.#kafka, this.#sendBudgetMs);
  }

  /** Takes the place of all others with this identity. */
  transactionalProducer(identity: ProducerIdentity): Promise<TransactionalProducer> {
    return TransactionalProducer.open(this.#kafka, identity);
  }

  /** Reads one partition, in no group. */
  reader(topic: string, partition: number): Promise<PartitionReader> {
    return PartitionReader.open(this.#kafka, topic, partition);
  }
}
