import { expect, test } from 'vitest';
import { startConnect } from '../../../../examples/kafka/connect.ts';
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
import { FollowedDatabase } from '../../postgres/followed-database.ts';
import { PostgresConnector } from './postgres-connector.ts';
import { rightProperties } from './right-properties.ts';

const LIVES = 3;
const TRANSACTIONS = 150;
const names = ['a', 'b', 'c'];

describeWithKafka('a connector that is killed while it writes', () => {
  test('gives every transaction once, whole and in order', { timeout: 240_000 }, async () => {
    const broker = await sharedKafka();
    const ddl = names.map((name) => `CREATE TABLE ${name} (id int PRIMARY KEY, n int)`).join(';');
    await using followed = await FollowedDatabase.create(ddl);
    const connect = await startConnect({ broker, settings: { 'offset.flush.interval.ms': '300' } });
    try {
      const connector = await PostgresConnector.start(followed.url, 'everything', rightProperties, connect.url);
      for (let life = 0; life < LIVES; life += 1) {
        const from = life * TRANSACTIONS;
        const writing = (async () => {
          for (let i = from; i < from + TRANSACTIONS; i += 1) {
            const inserts = names.map(
              (name, k) => `INSERT INTO ${name} SELECT ${i} * 10 + g, ${k} FROM generate_series(0, ${i % 7}) g`,
            );
            await followed.client.query(
              ['BEGIN', ...inserts, `UPDATE a SET n = n + 1 WHERE id = ${i} * 10`, 'COMMIT'].join(';'),
            );
          }
        })();
        // While it is busy with what is written.
        await connector.read('public.a', eventsOf(from + 40 * life + 1));
        await connect.halt('unclean');
        await writing;
        await connect.start();
        await connector.again();
      }
      const own = await followed.read();
      const tables: DecodedTable[] = [];
      for (const name of names) tables.push(decodedTable((await describeTable(followed.client, `public.${name}`))!));
      const kafka = new KafkaConnection(
        { brokers: [broker], security: { tls: undefined, sasl: undefined } },
        silentLog,
      );
      const lanes = await openLanes(kafka, connector.prefix, topicsOf(connector.prefix, tables));
      await using stream = new DebeziumStream({
        lanes,
        tables,
        settings: connectorSettings(rightProperties),
        from: 0n,
      });
      const theirs: StreamEvent[] = [];
      while (stream.received <= own.at(-1)!.endPosition) theirs.push(...(await stream.next())!);
      // The last one ended our own reading.
      theirs.pop();
      expect(theirs).toHaveLength(LIVES * TRANSACTIONS);
      expect(theirs.map(brief)).toEqual(own.map((transaction) => brief({ type: 'transaction', transaction })));
    } finally {
      await connect.stop();
    }
  });
});

/** How many events so many transactions have in `a`. */
function eventsOf(transactions: number): number {
  let count = 0;
  for (let i = 0; i < transactions; i += 1) count += (i % 7) + 2;
  return count;
}

function brief(event: { readonly type: string; readonly transaction?: unknown }): unknown {
  const { endPosition, xid, changes } = event.transaction as { endPosition: bigint; xid: number; changes: unknown };
  return { endPosition: String(endPosition), xid, changes };
}
