import type { Client } from 'pg';
import type { NormalizedRelay } from '../../../config/domain-topics-definition.ts';
import { FigError, describeError } from '../../../kernel/fig-error.ts';
import type { Log } from '../../../kernel/log.ts';
import { milestone } from '../../../kernel/milestones.ts';
import { type Service, sleep, startLoop } from '../../../kernel/service.ts';
import { connectToLegacy, cutConnection, endConnection } from '../../postgres/legacy-connection.ts';
import { inRequests, requestBytes } from '../client/in-requests.ts';
import type { TopicDescription } from '../client/kafka-admin.ts';
import { KafkaConnection } from '../client/kafka-connection.ts';
import type { KafkaProducer, MessageToSend } from '../client/kafka-producer.ts';
import { partitionOfKey } from '../client/partition-of-key.ts';
import { encodeCloudEvent } from './encode-cloud-event.ts';
import { encodeOutboxEvent } from './encode-outbox-event.ts';
import { type OutboxRow, OutboxTable } from './outbox-table.ts';

const MAX_REST_MS = 5_000;
/** How often it is looked for new events while there are none. */
const LOOK_EVERY_MS = 250;

export interface RelayOptions extends NormalizedRelay {
  /** Connection URL of the legacy database. */
  readonly url: string;
  readonly log: Log;
}

interface Sending {
  readonly client: Client;
  readonly table: OutboxTable;
  readonly producer: KafkaProducer;
  readonly topic: TopicDescription;
}

/**
 * Sends the events of a table to a topic and deletes them there once all in-sync replicas have them: each at least once, those
 * of a key in their order, with the id of the row as the id of the event. Several may run at once.
 */
export class Relay implements Service {
  readonly name = 'relay';
  readonly #options: RelayOptions;
  readonly #kafka: KafkaConnection;
  readonly #loop: Service;
  #sent = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#kafka = new KafkaConnection(options.to, options.log);
    this.#loop = startLoop({
      name: this.name,
      turn: (signal) => this.#run(signal),
      onError: (error, attempt) => {
        if ((attempt & (attempt - 1)) !== 0) return;
        const fields = { table: options.outbox.table, error: describeError(error), attempt };
        options.log.warn(fields, 'events of the outbox are not sent; trying again');
      },
      maxRestMs: MAX_REST_MS,
    });
  }

  /** Events that this one has sent. */
  get sent(): number {
    return this.#sent;
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** Until the signal, or something fails; then what was taken is in the table as before. */
  async #run(signal: AbortSignal): Promise<number | undefined> {
    const { url, outbox } = this.#options;
    const topic = await this.#topic();
    await using producer = await this.#kafka.producer();
    const client = await connectToLegacy(url, 'fig relay');
    let isWell = false;
    try {
      // A relay that stands still must not hold rows, nor keep the server from tidying up.
      await client.query(`SET idle_in_transaction_session_timeout = '60s'`);
      await client.query(`SET lock_timeout = '10s'`);
      const table = new OutboxTable(client, outbox);
      while (!signal.aborted) {
        const count = await this.#sendSome({ client, table, producer, topic });
        if (count === 0) await sleep(LOOK_EVERY_MS, signal);
      }
      isWell = true;
    } finally {
      if (isWell) await endConnection(client);
      else cutConnection(client);
    }
    return undefined;
  }

  async #sendSome({ client, table, producer, topic }: Sending): Promise<number> {
    await client.query('BEGIN');
    const rows = await table.take(this.#options.batch);
    if (rows.length === 0) {
      await client.query('COMMIT');
      return 0;
    }
    milestone('sync:received');
    const messages = rows.map((row) => this.#messageOf(row, topic.partitions.length));
    for (const request of inRequests(messages, requestBytes(topic)))
      await producer.send(this.#options.to.topic, request);
    milestone('sync:written');
    await table.remove(rows);
    await client.query('COMMIT');
    milestone('sync:acknowledged');
    this.#sent += rows.length;
    return rows.length;
  }

  #messageOf({ event }: OutboxRow, partitions: number): MessageToSend {
    const { to, outbox } = this.#options;
    const { key, value, headers, timestampMs } =
      to.format === 'cloudevents' ? encodeCloudEvent(event, to.source) : encodeOutboxEvent(event, outbox.table);
    return {
      partition: partitionOfKey(key, partitions),
      key: Buffer.from(key),
      value: Buffer.from(value),
      headers,
      timestampMs,
    };
  }

  async #topic(): Promise<TopicDescription> {
    const { topic } = this.#options.to;
    await using admin = await this.#kafka.admin();
    const found = await admin.describeTopic(topic);
    if (found === undefined) throw new FigError('FIG_KAFKA_TOPIC', `the topic ${topic} of the relay does not exist`);
    return found;
  }
}
