import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Connect, startConnect } from '../../../../examples/kafka/connect.ts';
import { FigError } from '../../../../src/kernel/fig-error.ts';
import { silentLog } from '../../../../src/kernel/log.ts';
import type { StreamEvent } from '../../../../src/sync/change.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import { connectorSettings } from '../../../../src/sync/kafka/debezium/connector-settings.ts';
import { DebeziumSource } from '../../../../src/sync/kafka/debezium/debezium-source.ts';
import { DebeziumStream } from '../../../../src/sync/kafka/debezium/debezium-stream.ts';
import { decodedTable, type DecodedTable } from '../../../../src/sync/kafka/debezium/row-decoder.ts';
import { topicsOf } from '../../../../src/sync/kafka/debezium/topic-decoder.ts';
import { openLanes } from '../../../../src/sync/kafka/debezium/topic-lanes.ts';
import { describeTable } from '../../../../src/sync/postgres/catalog.ts';
import { describeWithKafka, sharedKafka } from '../../../support/kafka-server.ts';
import { setupSync } from '../../fixtures.ts';
import { caughtUp, seedOrders } from '../../poison.ts';
import { FollowedDatabase } from '../../postgres/followed-database.ts';
import { PostgresConnector } from './postgres-connector.ts';
import { rightProperties } from './right-properties.ts';

const LIVES = 3;
const TRANSACTIONS = 150;
const names = ['a', 'b', 'c'];
const COPIED = 3_000;

let broker: string;
let connect: Connect;

describeWithKafka('a connector that is started anew', () => {
  beforeAll(async () => {
    broker = await sharedKafka();
    connect = await startConnect({ broker, settings: { 'offset.flush.interval.ms': '300' } });
  }, 120_000);

  afterAll(async () => {
    await connect?.stop();
  });

  test(
    'after kills while it writes has sent every transaction once, whole and in order',
    { timeout: 240_000 },
    async () => {
      const ddl = names.map((name) => `CREATE TABLE ${name} (id int PRIMARY KEY, n int)`).join(';');
      await using followed = await FollowedDatabase.create(ddl);
      await using connector = await PostgresConnector.start(followed.url, 'everything', rightProperties, connect.url);
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
      const theirs: StreamEvent[] = [];
      const gaps: bigint[] = [];
      for (let from = 0n; from < own.at(-1)!.endPosition; from = gaps.at(-1)!) {
        const lanes = await openLanes(kafka, connector.prefix, topicsOf(connector.prefix, tables));
        await using stream = new DebeziumStream({
          lanes,
          tables,
          settings: connectorSettings(rightProperties),
          from,
          onGap: (position) => gaps.push(position),
        });
        try {
          while (stream.received <= own.at(-1)!.endPosition) theirs.push(...(await stream.next())!);
          // The last one ended our own reading.
          theirs.pop();
          break;
        } catch (error) {
          // Of a transaction that it was killed inside of rows may be missing, and then nothing is given out.
          if (!(error instanceof FigError && error.code === 'FIG_TOPIC_GAP')) throw error;
        }
      }
      const whole = own.filter(({ endPosition }) => !gaps.includes(endPosition));
      expect(theirs.length + gaps.length).toBe(LIVES * TRANSACTIONS);
      expect(gaps.length).toBeLessThanOrEqual(LIVES);
      expect(theirs.map(brief)).toEqual(whole.map((transaction) => brief({ type: 'transaction', transaction })));
    },
  );

  test(
    'inside a COPY leaves out rows of it, and a read model that would miss them is built again',
    { timeout: 240_000 },
    async () => {
      await using sync = await setupSync();
      await sync.legacy.raw('CREATE PUBLICATION everything FOR ALL TABLES');
      await seedOrders(sync, 5);
      const slow = { 'max.batch.size': '20', 'max.queue.size': '40', 'poll.interval.ms': '20' };
      const properties = { ...rightProperties, ...slow };
      await using connector = await PostgresConnector.start(sync.legacyUrl, 'everything', properties, connect.url);
      const codes: unknown[] = [];
      const log = { ...silentLog, warn: (fields: object) => void codes.push((fields as { code?: string }).code) };
      const changes = new DebeziumSource({
        access: { brokers: [broker], security: { tls: undefined, sasl: undefined } },
        prefix: connector.prefix,
        properties,
        migration: 'test',
        tables: ['public.orders', 'public.items', 'public.customers'],
        storeUrl: sync.targetUrl,
        log: silentLog,
      });
      const capture = sync.startCapture({ changes, log });
      await caughtUp(capture);
      await sync.legacy.raw(
        `COPY orders (customer_id, note, amount) FROM PROGRAM 'yes 1,copied,1 | head -n ${COPIED}' WITH (FORMAT csv)`,
      );
      await connector.read('public.orders', COPIED / 10);
      await connect.halt('in-order');
      const sent = await connector.count('public.orders');
      await connect.start();
      await connector.again();
      // Something behind it in the same topic.
      await sync.legacy.raw(`UPDATE orders SET note = 'later' WHERE id = 1`);
      await caughtUp(capture);
      expect(sent).toBeLessThan(COPIED);
      expect(await sync.actual()).toEqual(await sync.expected());
      expect(codes).toContain('FIG_TOPIC_GAP');
    },
  );
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
