import type { Knex } from 'knex';
import type { NormalizedPublish } from '../../../config/normalized-publish.ts';
import { FailureLog } from '../../../kernel/failure-log.ts';
import { describeError, FigError } from '../../../kernel/fig-error.ts';
import type { Log } from '../../../kernel/log.ts';
import { machineNow } from '../../../kernel/machine-time.ts';
import { type Service, sleep, startLoop } from '../../../kernel/service.ts';
import { type OutgoingEvent, OutgoingEventStore } from '../../../store/outgoing-event-store.ts';
import { requestBytes } from '../client/in-requests.ts';
import type { TopicDescription } from '../client/kafka-admin.ts';
import { KafkaConnection } from '../client/kafka-connection.ts';
import type { TransactionalProducer } from '../client/transactional-producer.ts';
import { encodeCloudEvent } from '../domain-events/encode-cloud-event.ts';
import { encodeOutboxEvent } from '../domain-events/encode-outbox-event.ts';
import { Tenure } from '../transport/tenure.ts';
import type { PublishedIds } from './published-ids.ts';

const BATCH = 500;
/** As they are stored, of the events of one transaction. */
const BATCH_BYTES = 2 * 1024 ** 2;
const LOOK_EVERY_MS = 100;
const MAX_REST_MS = 2_000;

export interface EventPublisherOptions {
  readonly publish: Omit<NormalizedPublish, 'domainEvents' | 'history'>;
  readonly migration: string;
  readonly storeUrl: string;
  /** UUID of this process. */
  readonly process?: string | undefined;
  readonly target: Knex;
  /** Forgets ids that cannot come again; undefined: none is forgotten. */
  readonly ids?: Pick<PublishedIds, 'forget'> | undefined;
  readonly log: Log;
}

export interface PublisherStatus {
  /** Whether it is this process that publishes, or would. */
  readonly isOn: boolean;
  /** Since when nothing can be published, and why; undefined: it can. */
  readonly failingSeconds: number | undefined;
  readonly problem: string | undefined;
}

/**
 * Writes queued events to a topic, each once: events and the number of the last are one Kafka transaction, and whoever begins
 * asks the brokers for that number before it writes. One process does it at a time; one that wakes up too late is fenced
 * by the brokers. See docs/decisions/0066-domain-events-from-the-log.md.
 */
export class EventPublisher implements Service {
  readonly name = 'event publisher';
  readonly #options: EventPublisherOptions;
  readonly #store = new OutgoingEventStore();
  readonly #kafka: KafkaConnection;
  readonly #loop: Service;
  #tenure: Tenure | undefined;
  #failing: { readonly since: number; readonly problem: string } | undefined;

  constructor(options: EventPublisherOptions) {
    this.#options = options;
    const { publish, log } = options;
    this.#kafka = new KafkaConnection(publish, log);
    // Another process may just have taken over, or the brokers choose a leader.
    const text = 'events are not published; trying again';
    const failures = new FailureLog(log, { first: text, again: text });
    this.#loop = startLoop({
      name: this.name,
      turn: (signal) => this.#publish(signal),
      onError: (error, attempt) => {
        failures.tell(error, attempt, { topic: publish.topic });
        this.#failing = { since: this.#failing?.since ?? machineNow(), problem: describeError(error) };
      },
      maxRestMs: MAX_REST_MS,
    });
  }

  status(): PublisherStatus {
    const { since, problem } = this.#failing ?? {};
    return {
      isOn: this.#tenure?.lost.aborted === false,
      failingSeconds: since === undefined ? undefined : (machineNow() - since) / 1_000,
      problem,
    };
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    await this.#tenure?.[Symbol.asyncDispose]();
  }

  async #publish(signal: AbortSignal): Promise<number | undefined> {
    const { storeUrl, migration, process, target, publish, log } = this.#options;
    if (this.#tenure?.lost.aborted) {
      await this.#tenure[Symbol.asyncDispose]();
      this.#tenure = undefined;
    }
    this.#tenure ??= await Tenure.take(storeUrl, { migration, office: 'publisher', process, log }, signal);
    if (!this.#tenure) return undefined;
    const ending = AbortSignal.any([signal, this.#tenure.lost]);
    const topic = await this.#requireTopic();
    const { name, last } = await this.#store.publication(target);
    await using producer = await this.#kafka.transactionalProducer({
      transactionalId: `fig-publish-${migration}`,
      group: `fig-publish-${migration}-${name}`,
      topic: publish.topic,
      requestBytes: requestBytes(topic),
    });
    const { written } = producer;
    if (written !== undefined && written > last) {
      log.warn({ topic: publish.topic }, 'the control store is older than what is published; some events come again');
      await this.#store.rename(target);
      return 0;
    }
    if (written !== undefined) await this.#store.done(target, written);
    while (!ending.aborted) {
      await this.#writeNext(producer, ending);
      this.#failing = undefined;
      await this.#forgetIds(ending);
    }
    return signal.aborted ? undefined : 0;
  }

  async #writeNext(producer: TransactionalProducer, signal: AbortSignal): Promise<void> {
    const { target } = this.#options;
    const events = await this.#store.next(target, BATCH, BATCH_BYTES);
    const last = events.at(-1);
    if (!last) {
      await sleep(LOOK_EVERY_MS, signal);
      return;
    }
    await producer.write(
      events.map((each) => this.#messageOf(each)),
      last.number,
    );
    await this.#store.done(target, last.number);
  }

  /** Publishing goes on without it. */
  async #forgetIds(signal: AbortSignal): Promise<void> {
    const { ids, log } = this.#options;
    await ids?.forget(signal).catch((error: unknown) => {
      log.warn({ error: describeError(error) }, 'ids of what was published cannot be forgotten; trying again');
    });
  }

  #messageOf({ event }: OutgoingEvent): ReturnType<typeof encodeCloudEvent> {
    const { format, source, aggregateType } = this.#options.publish;
    return format === 'cloudevents' ? encodeCloudEvent(event, source) : encodeOutboxEvent(event, aggregateType);
  }

  async #requireTopic(): Promise<TopicDescription> {
    const { topic } = this.#options.publish;
    await using admin = await this.#kafka.admin();
    const found = await admin.describeTopic(topic);
    if (found) return found;
    throw new FigError('FIG_KAFKA_TOPIC', `there is no topic ${topic} to publish events to`, {
      remedy: 'Make the topic, with as many partitions as its readers need: the key of an event chooses one.',
    });
  }
}
