import { expect, test } from 'vitest';
import { silentLog } from '../../../../src/kernel/log.ts';
import type { StreamEvent } from '../../../../src/sync/change.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import { connectorSettings } from '../../../../src/sync/kafka/debezium/connector-settings.ts';
import { DebeziumStream } from '../../../../src/sync/kafka/debezium/debezium-stream.ts';
import { decodedTable, type DecodedTable } from '../../../../src/sync/kafka/debezium/row-decoder.ts';
import { topicsOf } from '../../../../src/sync/kafka/debezium/topic-decoder.ts';
import { openLanes } from '../../../../src/sync/kafka/debezium/topic-lanes.ts';
import { describeTable } from '../../../../src/sync/postgres/catalog.ts';
import { describeWithKafka, sharedKafka } from '../../../support/kafka-server.ts';
import { FollowedDatabase, type ReadTransaction } from '../../postgres/followed-database.ts';
import { PostgresConnector } from './postgres-connector.ts';
import { rightProperties } from './right-properties.ts';

const long = (seed: string): string =>
  `(SELECT string_agg(md5(x::text || '${seed}'), '') FROM generate_series(1, 300) x)`;

const ddl = `
  CREATE EXTENSION hstore;
  CREATE TABLE orders (id bigint PRIMARY KEY, note text STORAGE EXTERNAL, status text DEFAULT 'new', bytes bytea STORAGE EXTERNAL,
    list text[] STORAGE EXTERNAL, numbers int[] STORAGE EXTERNAL, uuids uuid[] STORAGE EXTERNAL, pairs hstore STORAGE EXTERNAL,
    doc jsonb STORAGE EXTERNAL);
  CREATE TABLE items (order_id bigint, line int, sku text, PRIMARY KEY (order_id, line));
  CREATE TABLE whole (id int PRIMARY KEY, big text STORAGE EXTERNAL, n int);
  ALTER TABLE whole REPLICA IDENTITY FULL;
  CREATE TABLE chosen (id int PRIMARY KEY, code text NOT NULL UNIQUE, n int);
  ALTER TABLE chosen REPLICA IDENTITY USING INDEX chosen_code_key;
  CREATE TABLE unasked (id int PRIMARY KEY)`;

const statements: readonly string[] = [
  `INSERT INTO orders SELECT 1, ${long('a')}, NULL, convert_to(${long('b')}, 'utf8'), ARRAY[${long('c')}],
     (SELECT array_agg(x) FROM generate_series(1, 3000) x), (SELECT array_agg(md5(x::text)::uuid) FROM generate_series(1, 300) x),
     hstore('k', ${long('d')}), to_jsonb(${long('e')})`,
  `BEGIN; INSERT INTO items VALUES (1, 1, 'a'), (1, 2, 'b'); UPDATE orders SET status = 'paid'; INSERT INTO items VALUES (1, 3, 'c'); COMMIT`,
  'UPDATE orders SET id = 2',
  `BEGIN; UPDATE items SET order_id = 2, line = line + 1; UPDATE items SET sku = 'z' WHERE line = 2; DELETE FROM items WHERE line = 4; COMMIT`,
  'INSERT INTO unasked VALUES (1)',
  'BEGIN; INSERT INTO unasked VALUES (2); INSERT INTO items VALUES (9, 9, NULL); INSERT INTO unasked VALUES (3); COMMIT',
  `INSERT INTO whole SELECT 1, ${long('f')}, 0`,
  'UPDATE whole SET n = 1',
  'UPDATE whole SET id = 5',
  'DELETE FROM whole',
  `INSERT INTO chosen VALUES (1, 'x', 0)`,
  `UPDATE chosen SET n = 1`,
  `UPDATE chosen SET code = 'y'`,
  `UPDATE chosen SET id = 2`,
  `DELETE FROM chosen`,
  `SELECT pg_logical_emit_message(true, 'strangler-fig', 'marker é')`,
  `SELECT pg_logical_emit_message(false, 'strangler-fig', 'outside')`,
  'BEGIN; INSERT INTO items VALUES (7, 7, NULL); SAVEPOINT s; INSERT INTO items VALUES (8, 8, NULL); ROLLBACK TO s; COMMIT',
  'TRUNCATE items',
];

describeWithKafka('the topics of a real Debezium connector', () => {
  test.each([
    ['with schemas', {}],
    ['without schemas', { 'value.converter.schemas.enable': 'false' }],
  ])(
    'give the transactions that our own capture has, at the same positions (%s)',
    { timeout: 180_000 },
    async (_, more) => {
      const properties = { ...rightProperties, ...more };
      await using followed = await FollowedDatabase.create(ddl);
      await using connector = await PostgresConnector.start(followed.url, 'everything', properties);
      for (const statement of statements) await followed.client.query(statement);
      const own = await followed.read();
      const tables: DecodedTable[] = [];
      for (const name of ['orders', 'items', 'whole', 'chosen']) {
        tables.push(decodedTable((await describeTable(followed.client, `public.${name}`))!));
      }
      const security = { tls: undefined, sasl: undefined };
      const kafka = new KafkaConnection({ brokers: [await sharedKafka()], security }, silentLog);
      const lanes = await openLanes(kafka, connector.prefix, topicsOf(connector.prefix, tables));
      await using stream = new DebeziumStream({ lanes, tables, settings: connectorSettings(properties), from: 0n });
      const theirs: StreamEvent[] = [];
      const last = own.at(-1)!.endPosition;
      while (stream.received < last || theirs.length === 0) theirs.push(...(await stream.next())!);
      // The last one ended our own reading.
      theirs.pop();
      const asked = new Set(tables.map(({ name }) => name));
      expect(theirs.map(readable)).toEqual(own.map((each) => readable(ofAsked(each, asked))));
    },
  );
});

function ofAsked(transaction: ReadTransaction, asked: ReadonlySet<string>): StreamEvent {
  const { xid, endPosition, messages } = transaction;
  const changes = transaction.changes.filter((change) => change.kind === 'truncate' || asked.has(change.table));
  return {
    type: 'transaction',
    bytes: 0,
    transaction: { xid, endPosition, messages, changes, committedAtMs: 0, relations: [] },
  };
}

function readable(event: StreamEvent): unknown {
  if (event.type !== 'transaction') throw new Error(event.type);
  const { xid, endPosition, changes, messages } = event.transaction;
  return { xid, endPosition: String(endPosition), changes, messages };
}
