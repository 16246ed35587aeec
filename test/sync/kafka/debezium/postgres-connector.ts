import { randomBytes } from 'node:crypto';
import { addConnector, removeConnector } from '../../../../examples/kafka/connectors.ts';
import { silentLog } from '../../../../src/kernel/log.ts';
import { kafkajs } from '../../../../src/sync/kafka/client/kafkajs.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import type { KafkaMessage } from '../../../../src/sync/kafka/client/kafka-message.ts';
import { sharedConnect, sharedKafka } from '../../../support/kafka-server.ts';
import { runSql } from '../../../support/postgres-server.ts';
import { until } from '../../../support/until.ts';

/** A real Debezium connector that follows a test's database from now on. */
export class PostgresConnector implements AsyncDisposable {
  readonly prefix: string;
  readonly #url: string;
  readonly #broker: string;
  readonly #config: Readonly<Record<string, string>>;
  /** Under which Kafka Connect keeps how far it is. */
  #name: string;
  readonly #connect: string;
  readonly #kafka: KafkaConnection;

  private constructor(url: string, connect: string, broker: string, config: Readonly<Record<string, string>>) {
    this.#url = url;
    this.#config = config;
    this.prefix = config['topic.prefix']!;
    this.#name = this.prefix;
    this.#connect = connect;
    this.#broker = broker;
    this.#kafka = new KafkaConnection({ brokers: [broker], security: { tls: undefined, sasl: undefined } }, silentLog);
  }

  /** `own`: addresses of a Kafka Connect, and of a broker, of the test's own. */
  static async start(
    url: string,
    publication: string,
    properties: Readonly<Record<string, string>>,
    own: { readonly connect?: string | undefined; readonly broker?: string } = {},
  ): Promise<PostgresConnector> {
    const broker = own.broker ?? (await sharedKafka());
    const connect = own.connect ?? (await sharedConnect());
    const prefix = `dbz_${randomBytes(5).toString('hex')}`;
    const { hostname, port, username, password, pathname } = new URL(url);
    const config = {
      'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
      'tasks.max': '1',
      'plugin.name': 'pgoutput',
      'topic.prefix': prefix,
      'slot.name': prefix,
      'publication.name': publication,
      'publication.autocreate.mode': 'disabled',
      'snapshot.mode': 'no_data',
      'database.hostname': hostname,
      'database.port': port,
      'database.user': decodeURIComponent(username),
      'database.password': decodeURIComponent(password),
      'database.dbname': pathname.slice(1),
      'poll.interval.ms': '50',
      ...properties,
    };
    const connector = new PostgresConnector(url, connect, broker, config);
    await connector.again();
    await connector.#untilActive(true);
    return connector;
  }

  /** Adds it once more, to a Kafka Connect that was started again, or after it was removed. */
  async again(): Promise<void> {
    await addConnector(this.#connect, this.#name, this.#config);
  }

  /** Its offsets stay, and its slot. */
  async remove(): Promise<void> {
    await removeConnector(this.#connect, this.#name);
    await this.#untilActive(false);
  }

  /** Of one that was removed: to where the log is now. */
  async moveSlot(): Promise<void> {
    await runSql(this.#url, `SELECT pg_replication_slot_advance('${this.prefix}', pg_current_wal_lsn())`);
  }

  /** Of one that was removed. */
  async dropSlot(): Promise<void> {
    await runSql(this.#url, `SELECT pg_drop_replication_slot('${this.prefix}')`);
  }

  /** Of one that was removed: another one with the same topics and slot, which knows nothing of it. */
  async addAnother(properties: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#name = `${this.prefix}_${randomBytes(3).toString('hex')}`;
    await addConnector(this.#connect, this.#name, { ...this.#config, ...properties });
    await this.#untilActive(true);
  }

  async #untilActive(isActive: boolean): Promise<void> {
    await until(
      `the connector ${isActive ? 'follows' : 'has left'} the database`,
      async () => {
        const sql = `SELECT active FROM pg_replication_slots WHERE slot_name = '${this.prefix}'`;
        const [slot] = await runSql(this.#url, sql);
        return (slot?.['active'] === true) === isActive;
      },
      60_000,
    );
  }

  /** The first messages of a topic of the prefix, which has one partition; waits until there are so many. */
  async read(topic: string, count: number): Promise<readonly KafkaMessage[]> {
    const messages: KafkaMessage[] = [];
    await until(
      `${topic} has ${count} messages`,
      async () => {
        await using reader = await this.#kafka.reader(`${this.prefix}.${topic}`, 0);
        for (let next = BigInt(messages.length); messages.length < count;) {
          const slice = await reader.read(next, 500);
          messages.push(...slice.messages);
          next = slice.next;
          if (slice.messages.length === 0) throw new Error(`${messages.length} so far; ${await this.failure()}`);
        }
        return true;
      },
      60_000,
    );
    return messages;
  }

  /** How many messages a topic of the prefix has now. */
  async count(topic: string): Promise<number> {
    await using admin = await this.#kafka.admin();
    return Number((await admin.offsets(`${this.prefix}.${topic}`)).get(0)?.high ?? 0n);
  }

  /** As retention does: what a topic of the prefix has now is gone. */
  async forget(topic: string): Promise<void> {
    const name = `${this.prefix}.${topic}`;
    const offset = String(await this.count(topic));
    const tool = new kafkajs.Kafka({ brokers: [this.#broker], logLevel: kafkajs.logLevel.NOTHING }).admin();
    await tool.connect();
    try {
      await tool.fetchTopicOffsets(name); // Without it the client does not know who leads the partition.
      await tool.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset }] });
    } finally {
      await tool.disconnect();
    }
  }

  /** What its task failed with; undefined while it runs. */
  async failure(): Promise<string | undefined> {
    const answer = await fetch(`${this.#connect}/connectors/${this.#name}/status`);
    const { tasks = [] } = (await answer.json()) as { tasks?: { state: string; trace?: string }[] };
    return tasks.find(({ state }) => state === 'FAILED')?.trace;
  }

  /** It stands still when this resolves. */
  async pause(): Promise<void> {
    await this.#ask('pause');
    await until('the connector stands still', async () => (await this.#states()).every((state) => state === 'PAUSED'));
  }

  async resume(): Promise<void> {
    await this.#ask('resume');
  }

  async #ask(what: string): Promise<void> {
    const { ok, status } = await fetch(`${this.#connect}/connectors/${this.#name}/${what}`, { method: 'PUT' });
    if (!ok) throw new Error(`the connector did not ${what}: ${status}`);
  }

  async #states(): Promise<readonly string[]> {
    const answer = await fetch(`${this.#connect}/connectors/${this.#name}/status`);
    const { tasks = [] } = (await answer.json()) as { tasks?: { state: string }[] };
    return tasks.map(({ state }) => state);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeConnector(this.#connect, this.#name);
  }
}
