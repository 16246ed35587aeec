import { expect, test } from 'vitest';
import { FigError } from '../../../../src/kernel/fig-error.ts';
import { silentLog } from '../../../../src/kernel/log.ts';
import type { StreamEvent } from '../../../../src/sync/change.ts';
import { KafkaConnection } from '../../../../src/sync/kafka/client/kafka-connection.ts';
import { connectorSettings } from '../../../../src/sync/kafka/debezium/connector-settings.ts';
import { DebeziumStream } from '../../../../src/sync/kafka/debezium/debezium-stream.ts';
import { decodedTable, type DecodedTable } from '../../../../src/sync/kafka/debezium/row-decoder.ts';
import { topicsOf } from '../../../../src/sync/kafka/debezium/topic-decoder.ts';
import { openLanes } from '../../../../src/sync/kafka/debezium/topic-lanes.ts';
import { describeTable } from '../../../../src/sync/postgres/catalog.ts';
import { describeWithKafka } from '../../../support/kafka-server.ts';
import { useOwnConnect } from '../../../support/own-connect.ts';
import { setupSync } from '../../fixtures.ts';
import { caughtUp, seedOrders } from '../../poison.ts';
import { FollowedDatabase } from '../../postgres/followed-database.ts';
import { summaryTable } from '../transport/summary-table.ts';
import { PostgresConnector } from './postgres-connector.ts';
import { rightProperties } from './right-properties.ts';
import { equalsLegacy, throughConnector } from './through-connector.ts';

const LIVES = 3;
const TRANSACTIONS = 150;
const names = ['a', 'b', 'c'];
const COPIED = 3_000;

describeWithKafka('a connector that is started anew', () => {
  const ownConnect = useOwnConnect();

  test(
    'after kills while it writes has sent every transaction once, whole and in order',
    { timeout: 240_000 },
    async () => {
      const { broker, connect } = ownConnect();
      const ddl = names.map((name) => `CREATE TABLE ${name} (id int PRIMARY KEY, n int)`).join(';');
      await using followed = await FollowedDatabase.create(ddl);
      await using connector = await PostgresConnector.start(followed.url, 'everything', rightProperties, {
        connect: connect.url,
      });
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
    'inside a transaction has left out nothing, or rows of a COPY: a read model that would miss them is built again',
    { timeout: 240_000 },
    async () => {
      const { connect } = ownConnect();
      await using sync = await setupSync();
      await seedOrders(sync, 5);
      const slow = { 'max.batch.size': '20', 'max.queue.size': '40', 'poll.interval.ms': '20' };
      await using through = await throughConnector(sync, slow, connect.url);
      const { connector, codes } = through;
      const capture = through.start();
      await sync.legacy.raw(`UPDATE orders SET note = 'first' WHERE id = 1`);
      await caughtUp(capture);
      const built = await summaryTable(sync);
      // Nothing is written after it: that all of it came is known without.
      const stopInside = async (sql: string): Promise<void> => {
        for (let isCut = false, tries = 0; !isCut; tries += 1) {
          // On a fast machine all of it may have been sent by then.
          expect(tries).toBeLessThan(8);
          const before = await connector.count('public.orders');
          await sync.legacy.raw(sql);
          await connector.read('public.orders', before + COPIED / 10);
          await connect.halt('in-order');
          isCut = (await connector.count('public.orders')) < before + COPIED;
          await connect.start();
          await connector.again();
          if (!isCut) await equalsLegacy(sync, capture);
        }
      };

      await stopInside(
        `DO $$ BEGIN FOR n IN 1..${COPIED} LOOP INSERT INTO orders (customer_id, note, amount) VALUES (1, 'alone', n); END LOOP; END $$`,
      );
      await equalsLegacy(sync, capture);
      expect(codes).toEqual([]);
      expect(await summaryTable(sync)).toEqual(built);

      await stopInside(
        `COPY orders (customer_id, note, amount) FROM PROGRAM 'yes 1,copied,1 | head -n ${COPIED}' WITH (FORMAT csv)`,
      );
      await equalsLegacy(sync, capture);
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
