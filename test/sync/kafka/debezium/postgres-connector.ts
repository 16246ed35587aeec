import { randomBytes } from 'node:crypto';
import { addConnector, removeConnector } from '../../../../examples/kafka/connectors.ts';
import { silentLog } from '../../../../src/kernel/log.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import type { KafkaMessage } from '../../../../src/sync/kafka/client/kafka-message.ts';
import { sharedConnect, sharedKafka } from '../../../support/kafka-server.ts';
import { runSql } from '../../../support/postgres-server.ts';
import { until } from '../../../support/until.ts';

/** A real Debezium connector that follows a test's database from now on. */
export class PostgresConnector implements AsyncDisposable {
  readonly prefix: string;
  /** Adds it once more, to a Kafka Connect that was started again. */
  readonly again: () => Promise<void>;
  readonly #connect: string;
  readonly #kafka: KafkaConnection;

  private constructor(prefix: string, connect: string, broker: string, add: () => Promise<void>) {
    this.again = add;
    this.prefix = prefix;
    this.#connect = connect;
    this.#kafka = new KafkaConnection({ brokers: [broker], security: { tls: undefined, sasl: undefined } }, silentLog);
  }

  /** `own`: address of a Kafka Connect of the test's own. */
  static async start(
    url: string,
    publication: string,
    properties: Readonly<Record<string, string>>,
    own?: string,
  ): Promise<PostgresConnector> {
    const broker = await sharedKafka();
    const connect = own ?? (await sharedConnect());
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
    const connector = new PostgresConnector(prefix, connect, broker, () => addConnector(connect, prefix, config));
    await connector.again();
    await until(
      'the connector follows the database',
      async () => {
        const [slot] = await runSql(url, `SELECT active FROM pg_replication_slots WHERE slot_name = '${prefix}'`);
        return slot?.['active'] === true;
      },
      60_000,
    );
    return connector;
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

  /** What its task failed with; undefined while it runs. */
  async failure(): Promise<string | undefined> {
    const answer = await fetch(`${this.#connect}/connectors/${this.prefix}/status`);
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
    const { ok, status } = await fetch(`${this.#connect}/connectors/${this.prefix}/${what}`, { method: 'PUT' });
    if (!ok) throw new Error(`the connector did not ${what}: ${status}`);
  }

  async #states(): Promise<readonly string[]> {
    const answer = await fetch(`${this.#connect}/connectors/${this.prefix}/status`);
    const { tasks = [] } = (await answer.json()) as { tasks?: { state: string }[] };
    return tasks.map(({ state }) => state);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeConnector(this.#connect, this.prefix);
  }
}
