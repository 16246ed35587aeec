import { Client } from 'pg';
import { expect, test } from 'vitest';
import { addConnector, removeConnector } from '../../examples/kafka/connectors.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { KafkaConnection } from '../../src/sync/kafka/client/kafka-connection.ts';
import { plainAccess } from '../support/kafka-settings.ts';
import { describeWithKafka, sharedConnect, sharedKafka, uniqueTopic } from '../support/kafka-server.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

describeWithKafka('Kafka Connect with Debezium', () => {
  test('writes the rows that there are, and those that come, to a topic', { timeout: 300_000 }, async () => {
    await using database = await createTestDatabase();
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query("CREATE TABLE orders (id int PRIMARY KEY, name text); INSERT INTO orders VALUES (1, 'there')");
    const { hostname, port, username, password } = new URL(database.url);
    const [connect, broker, prefix] = [await sharedConnect(), await sharedKafka(), uniqueTopic('shop')];
    const name = prefix.replace('.', '_');
    await addConnector(connect, name, {
      'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
      'topic.prefix': prefix,
      'database.hostname': hostname,
      'database.port': port,
      'database.user': username,
      'database.password': password,
      'database.dbname': database.name,
      'table.include.list': 'public.orders',
      'plugin.name': 'pgoutput',
      'publication.autocreate.mode': 'filtered',
      'publication.name': name,
      'slot.name': name,
    });
    await client.query("INSERT INTO orders VALUES (2, 'came')");
    await client.end();

    const kafka = new KafkaConnection(plainAccess(broker), silentLog);
    const topic = `${prefix}.public.orders`;
    const reader = await until('the topic is there', () => kafka.reader(topic, 0), 60_000);
    const rows = await until('both rows are there', async () => {
      const { messages } = await reader.read(0n, 100);
      return messages.length === 2 && messages.map(({ value }) => JSON.parse(String(value)).payload.after);
    });
    expect(rows).toEqual([
      { id: 1, name: 'there' },
      { id: 2, name: 'came' },
    ]);
    await reader[Symbol.asyncDispose]();
    await removeConnector(connect, name);
  });
});
