import { silentLog } from '../../../src/kernel/log.ts';
import type { KafkaAccess } from '../../../src/sync/kafka/client/access.ts';
import { KafkaConnection } from '../../../src/sync/kafka/client/kafka-connection.ts';
import type { KafkaProducer } from '../../../src/sync/kafka/client/kafka-producer.ts';
import { sharedKafka, uniqueTopic } from '../../support/kafka-server.ts';
import { plainAccess } from '../../support/kafka-settings.ts';

export type Row = readonly [id: number, note: string];

const id = { field: 'id', type: 'int32' };
const columns = { type: 'struct', fields: [id, { field: 'note', type: 'string', optional: true }] };
const valueSchema = {
  type: 'struct',
  fields: ['before', 'after'].map((field) => ({ ...columns, field, optional: true })),
};

/** Real topics that hold what a Debezium connector for MySQL writes of tables with the columns `id` and `note`. */
export class ConnectorTopics implements AsyncDisposable {
  readonly access: KafkaAccess;
  readonly prefix = uniqueTopic('shop');
  readonly #producer: KafkaProducer;

  private constructor(access: KafkaAccess, producer: KafkaProducer) {
    this.access = access;
    this.#producer = producer;
  }

  static async make(...tables: readonly string[]): Promise<ConnectorTopics> {
    const access = plainAccess(await sharedKafka());
    const kafka = new KafkaConnection(access, silentLog);
    const made = new ConnectorTopics(access, await kafka.producer());
    await using admin = await kafka.admin();
    for (const topic of ['', '.transaction', ...tables.map((name) => `.shop.${name}`)]) {
      await admin.createTopic({ topic: `${made.prefix}${topic}`, partitions: 1, replicationFactor: 1, settings: {} });
    }
    return made;
  }

  /** Rows as a snapshot found them whose place is `pos`; the last ends the table. */
  async snapshot(table: string, pos: number, ...rows: readonly Row[]): Promise<void> {
    await this.beginSnapshot(table, pos, ...rows.slice(0, -1));
    for (const row of rows.slice(-1))
      await this.#found(table, row, source(pos, { snapshot: 'last_in_data_collection' }));
  }

  /** The same, and more of the table is to come. */
  async beginSnapshot(table: string, pos: number, ...rows: readonly Row[]): Promise<void> {
    for (const row of rows) await this.#found(table, row, source(pos, { snapshot: 'true' }));
  }

  /** A transaction that writes these rows. */
  async commit(number: number, changes: Readonly<Record<string, readonly Row[]>>): Promise<void> {
    const transaction = { id: `0-1-${number}` };
    await this.#note({ ...transaction, status: 'BEGIN' });
    let order = 0;
    for (const [table, rows] of Object.entries(changes)) {
      for (const [key, note] of rows) {
        order += 1;
        const place = source(number * 1_000, { row: order });
        const of = { ...transaction, total_order: order, data_collection_order: order };
        await this.#change(table, key, { op: 'u', after: { id: key, note }, source: place, transaction: of });
      }
    }
    const counts = Object.entries(changes).map(([name, { length }]) => ({
      data_collection: `shop.${name}`,
      event_count: length,
    }));
    await this.#note({ ...transaction, status: 'END', data_collections: counts });
  }

  async drop(table: string, pos: number): Promise<void> {
    const change = { type: 'DROP', id: `"shop"."${table}"`, table: null };
    await this.#send('', null, { source: source(pos), ddl: `DROP TABLE ${table}`, tableChanges: [change] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#producer[Symbol.asyncDispose]();
  }

  #found(table: string, [key, note]: Row, place: object): Promise<void> {
    return this.#change(table, key, { op: 'r', after: { id: key, note }, source: place });
  }

  #change(table: string, key: number, payload: object): Promise<void> {
    const keyOf = { schema: { type: 'struct', fields: [id] }, payload: { id: key } };
    return this.#send(`.shop.${table}`, keyOf, { schema: valueSchema, payload: { before: null, ...payload } });
  }

  #note(note: object): Promise<void> {
    return this.#send('.transaction', null, { ts_ms: 1, ...note });
  }

  async #send(topic: string, key: object | null, value: object): Promise<void> {
    await this.#producer.send(`${this.prefix}${topic}`, [
      {
        partition: 0,
        key: key && Buffer.from(JSON.stringify(key)),
        value: Buffer.from(JSON.stringify(value)),
        headers: {},
      },
    ]);
  }
}

function source(pos: number, more: object = {}): object {
  return { connector: 'mysql', ts_ms: 1, db: 'shop', snapshot: 'false', file: 'binlog.000001', pos, row: 0, ...more };
}
