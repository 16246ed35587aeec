import { Client } from 'pg';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Connect, startConnect } from '../../../../examples/kafka/connect.ts';
import { addConnector } from '../../../../examples/kafka/connectors.ts';
import { silentLog } from '../../../../src/kernel/log.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import type { KafkaMessage } from '../../../../src/sync/kafka/client/kafka-message.ts';
import { binlogPosition, binlogTransaction } from '../../../../src/sync/kafka/debezium/binlog-position.ts';
import { columnOfField } from '../../../../src/sync/kafka/debezium/column-of-field.ts';
import { MessageOpener } from '../../../../src/sync/kafka/debezium/connect-message.ts';
import { connectorSettings } from '../../../../src/sync/kafka/debezium/connector-settings.ts';
import { decodeRow } from '../../../../src/sync/kafka/debezium/decode-change.ts';
import { type Envelope, readEnvelope } from '../../../../src/sync/kafka/debezium/envelope.ts';
import { RowDecoder } from '../../../../src/sync/kafka/debezium/row-decoder.ts';
import { mysqlColumn } from '../../../../src/sync/landing/mysql-column.ts';
import { sessionOptions, textTypes } from '../../../../src/sync/postgres/session-settings.ts';
import { describeWithKafka, sharedKafka } from '../../../support/kafka-server.ts';
import { hasMariadb, type MariadbServer, startMariadb } from '../../../support/mariadb-server.ts';
import { mariadbProperties } from '../../../support/mariadb-shop.ts';
import { until } from '../../../support/until.ts';

/** Name, type, the PostgreSQL type it becomes, how MariaDB is asked for its text, and values as SQL. */
const kinds: readonly [name: string, type: string, becomes: string, text: string, ...values: readonly string[]][] = [
  ['tiny', 'tinyint', 'smallint', 'CAST(v AS CHAR)', '-128', '127'],
  ['flag', 'tinyint(1)', 'smallint', 'CAST(v AS CHAR)', '0', '1', '5'],
  ['small_unsigned', 'smallint unsigned', 'integer', 'CAST(v AS CHAR)', '65535'],
  ['medium', 'mediumint', 'integer', 'CAST(v AS CHAR)', '-8388608'],
  ['whole', 'int', 'integer', 'CAST(v AS CHAR)', '-2147483648'],
  ['whole_unsigned', 'int unsigned', 'bigint', 'CAST(v AS CHAR)', '4294967295'],
  ['big', 'bigint', 'bigint', 'CAST(v AS CHAR)', '-9223372036854775808', '9007199254740993'],
  ['big_unsigned', 'bigint unsigned', 'numeric', 'CAST(v AS CHAR)', '18446744073709551615', '0'],
  ['exact', 'decimal(20,4)', 'numeric', 'CAST(v AS CHAR)', '-1234567890123456.7800', '0', '0.0001'],
  ['single', 'float', 'real', 'CAST(v AS CHAR)', '1.5', '-0.25'],
  ['twofold', 'double', 'double precision', 'CAST(v AS CHAR)', '0.1', '-1.7976931348623157e308', '5e-324'],
  ['bits', 'bit(12)', 'bit(12)', `LPAD(BIN(v), 12, '0')`, `b'1'`, `b'101010101010'`],
  ['one_bit', 'bit(1)', 'boolean', 'CAST(v + 0 AS CHAR)', `b'1'`, `b'0'`],
  ['day', 'date', 'date', 'CAST(v AS CHAR)', `'1000-01-01'`, `'9999-12-31'`, `'2024-02-29'`],
  ['moment', 'datetime', 'timestamp', 'CAST(v AS CHAR)', `'1000-01-01 00:00:00'`, `'9999-12-31 23:59:59'`],
  ['moment_3', 'datetime(3)', 'timestamp', 'CAST(v AS CHAR)', `'2024-03-10 02:30:00.120'`],
  ['moment_6', 'datetime(6)', 'timestamp', 'CAST(v AS CHAR)', `'1969-12-31 23:59:59.999999'`],
  [
    'stamp',
    'timestamp(6) NULL',
    'timestamptz',
    `CONCAT(v, '+00')`,
    `'2024-03-10 02:30:00.123456'`,
    `'1970-01-01 00:00:01'`,
  ],
  ['clock', 'time(6)', 'interval', 'CAST(v AS CHAR)', `'-838:59:59.999999'`, `'23:59:59.5'`, `'00:00:00'`],
  ['in_year', 'year', 'integer', 'CAST(v AS CHAR)', '2155', '1901'],
  ['word', 'varchar(50)', 'text', 'v', `''`, `'漢字 🦊 é'`, `'a\\tb\\\\c\\'d"'`],
  ['fixed', 'char(5)', 'text', 'v', `'ab'`, `''`],
  ['long_text', 'mediumtext', 'text', 'v', `REPEAT('xyz', 30000)`],
  ['bytes', 'varbinary(20)', 'bytea', `CONCAT('\\\\x', LOWER(HEX(v)))`, `x'00ff5c'`, `''`],
  ['blob_bytes', 'blob', 'bytea', `CONCAT('\\\\x', LOWER(HEX(v)))`, `REPEAT(x'00ff', 3000)`],
  ['choice', `enum('calm', 'very busy', 'it''s')`, 'text', 'CAST(v AS CHAR)', `'very busy'`, `'it''s'`],
  ['choices', `set('a', 'b', 'c')`, 'text', 'CAST(v AS CHAR)', `'a,c'`, `''`],
  ['doc', 'json', 'text', 'v', `'{"b": 12345678901234567890.5, "a": [1,  2]}'`],
];

describe.skipIf(!hasMariadb)('MariaDB', () => {
  describeWithKafka('values that came through a real Debezium connector for MariaDB', () => {
    const prefix = `maria_${randomBytes(5).toString('hex')}`;
    let server: MariadbServer;
    let connect: Connect;
    let kafka: KafkaConnection;

    beforeAll(async () => {
      const broker = await sharedKafka();
      kafka = new KafkaConnection({ brokers: [broker], security: { tls: undefined, sasl: undefined } }, silentLog);
      [server, connect] = await Promise.all([startMariadb(), startConnect({ broker, plugins: ['debezium-mysql'] })]);
      await server.sql('mysql', 'CREATE DATABASE shop CHARACTER SET utf8mb4');
      await server.sql(
        'shop',
        kinds.map(([name, type]) => `CREATE TABLE ${name} (id int PRIMARY KEY, v ${type})`).join(';'),
      );
      await server.sql('shop', 'INSERT INTO whole VALUES (77, 7)');
      await addConnector(connect.url, prefix, {
        ...mariadbProperties,
        'topic.prefix': prefix,
        'database.port': String(server.port),
        'database.user': server.user,
        'database.password': server.password,
        'schema.history.internal.file.filename': `${server.folder}/history`,
      });
      // The row that was there is read by the snapshot; from then on the connector follows.
      await messages('whole', 1);
      for (const [name, , , , ...values] of kinds) {
        const inserts = values.map((value, i) => `INSERT INTO ${name} VALUES (${i}, ${value})`);
        const more = [`INSERT INTO ${name} VALUES (99, NULL)`, `UPDATE ${name} SET id = 50 WHERE id = 99`];
        await server.sql(
          'shop',
          `SET time_zone = '+00:00'; ${[...inserts, ...more, `DELETE FROM ${name} WHERE id = 50`].join(';')}`,
        );
      }
    }, 240_000);

    afterAll(async () => {
      await connect?.stop();
      await server?.[Symbol.asyncDispose]();
    });

    async function messages(table: string, count: number): Promise<readonly KafkaMessage[]> {
      const topic = table === 'transaction' ? `${prefix}.transaction` : `${prefix}.shop.${table}`;
      const all: KafkaMessage[] = [];
      await until(
        `${topic} has ${count} messages`,
        async () => {
          await using reader = await kafka.reader(topic, 0);
          const slice = await reader.read(BigInt(all.length), 500);
          all.push(...slice.messages);
          if (all.length < count) throw new Error(`${all.length} so far`);
          return true;
        },
        90_000,
      );
      return all;
    }

    test.each(kinds)('%s (%s) is what MariaDB prints, as %s', async (name, _type, becomes, text, ...values) => {
      const found = envelopes(await messages(name, values.length + 1 + 5 + (name === 'whole' ? 1 : 0)));
      const columns = found[0]!.envelope.columns!.map((field) => columnOfField(field));
      // What the catalog says of a table that has no message yet must be what its messages will say.
      const [type] = await server.sql(
        'information_schema',
        `SELECT COLUMN_TYPE FROM COLUMNS WHERE TABLE_SCHEMA = 'shop' AND TABLE_NAME = '${name}' AND COLUMN_NAME = 'v'`,
      );
      expect(mysqlColumn('v', type!).mirrorType).toBe(columns.find((column) => column.name === 'v')!.mirrorType);
      const table = { name: `shop.${name}`, columns, identityColumns: ['id'] };
      const decoder = new RowDecoder(table, connectorSettings(mariadbProperties));
      const rows = found.map(({ envelope, headers }) => decodeRow(envelope, headers, decoder, table.name));
      const theirs = await server.sql(
        'shop',
        `SET time_zone = '+00:00'; SELECT COALESCE(REPLACE(TO_BASE64(${text}), '\\n', ''), 'NULL') FROM ${name} WHERE id < 50 ORDER BY id`,
      );
      const printed = await asPostgresPrints(
        becomes,
        theirs.map((line) => Buffer.from(line, 'base64').toString()),
      );
      expect(rows.slice(0, values.length).map(({ change }) => change)).toEqual(
        printed.map((v, i) => ({ kind: 'insert', table: table.name, row: { id: String(i), v } })),
      );
      expect(rows.slice(values.length)).toEqual([
        { moves: undefined, change: { kind: 'insert', table: table.name, row: { id: '99', v: null } } },
        { moves: 'away', change: { kind: 'delete', table: table.name, oldKey: { id: '99' } } },
        { moves: 'here', change: { kind: 'insert', table: table.name, row: { id: '50', v: null } } },
        { moves: undefined, change: { kind: 'delete', table: table.name, oldKey: { id: '50' } } },
      ]);
    });

    test('positions rise with what is written, and the server’s own lies behind all of them', async () => {
      const found = envelopes(await messages('doc', 6));
      const places = found.map(({ envelope: { source } }) => binlogPosition(source.file!, source.offset!));
      expect(places).toEqual(places.toSorted((a, b) => (a < b ? -1 : 1)));
      const [status] = await server.sql('shop', 'SHOW MASTER STATUS');
      const [file, offset] = status!.split('\t') as [string, string];
      expect(places.at(-1)! < binlogPosition(file, BigInt(offset))).toBe(true);
      const ids = found.map(({ envelope }) => binlogTransaction(envelope.transaction!.id));
      const [gtid] = await server.sql('shop', 'SELECT @@gtid_binlog_pos');
      expect(ids.at(-1)).toBe(binlogTransaction(gtid!));
      expect(ids).toEqual(ids.toSorted((a, b) => (a < b ? -1 : 1)));
    });
  });
});

function envelopes(found: readonly KafkaMessage[]): readonly { envelope: Envelope; headers: ReadonlySet<string> }[] {
  const opener = new MessageOpener();
  return found
    .filter(({ value }) => value !== null)
    .map(({ value, headers }) => ({
      envelope: readEnvelope(opener.open(value!.toString()), 'topic'),
      headers: new Set(headers.keys()),
    }))
    .filter(({ envelope }) => envelope.op !== 'r');
}

async function asPostgresPrints(type: string, texts: readonly string[]): Promise<readonly string[]> {
  const client = new Client({ connectionString: inject('postgresUrl'), options: sessionOptions(), types: textTypes });
  await client.connect();
  try {
    const sql = `SELECT v::${type} AS text FROM unnest($1::text[]) WITH ORDINALITY AS u(v, n) ORDER BY n`;
    return (await client.query<{ text: string }>(sql, [texts])).rows.map(({ text }) => text);
  } finally {
    await client.end();
  }
}
