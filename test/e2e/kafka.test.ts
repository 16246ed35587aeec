import { fileURLToPath } from 'node:url';
import knexModule, { type Knex } from 'knex';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithKafka, sharedKafka, uniqueTopic } from '../support/kafka-server.ts';
import type { FigProcess } from '../support/fig-process.ts';
import { ShopUnderFig, shopConfig, textRows } from '../support/shop-under-fig.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';
import { PostgresConnector } from '../sync/kafka/debezium/postgres-connector.ts';
import { rightProperties } from '../sync/kafka/debezium/right-properties.ts';

const debeziumConfig = fileURLToPath(new URL('fixtures/debezium.config.ts', import.meta.url));

interface OtherTarget {
  readonly database: TestDatabase;
  readonly rows: Knex;
}

async function otherTarget(): Promise<OtherTarget> {
  const database = await createTestDatabase();
  return { database, rows: knexModule({ client: 'pg', connection: database.url, pool: { min: 0, max: 2 } }) };
}

/** Which table holds the rows: another one once they were built again. */
async function tableOf(target: Knex): Promise<unknown> {
  const { rows } = await target.raw(`SELECT 'rm_order_summary_v2.order_summary'::regclass::oid AS oid`);
  return rows;
}

describeWithKafka('the shop, with its changes through Kafka', () => {
  let shop: ShopUnderFig;
  let direct: OtherTarget;
  let debezium: OtherTarget;

  beforeAll(async () => {
    shop = await ShopUnderFig.create(400);
    direct = await otherTarget();
    debezium = await otherTarget();
  }, 120_000);

  afterAll(async () => {
    for (const { database, rows } of [direct, debezium]) {
      await rows.destroy();
      await database[Symbol.asyncDispose]();
    }
    await shop[Symbol.asyncDispose]();
  });

  /** The same writes whenever they are done: rows change, lose items, go. */
  async function write(n: number): Promise<void> {
    await shop.legacy.transaction(async (tx) => {
      await tx.raw('UPDATE orders SET status = ? WHERE id % 7 = ?', ['cancelled', n % 7]);
      await tx.raw('DELETE FROM order_items WHERE order_id % 41 = ?', [n % 41]);
      await tx.raw(`UPDATE customers SET name = name || ? WHERE id % 13 = ?`, [` ${n}`, n % 13]);
    });
  }

  async function untilLevel(target: Knex): Promise<readonly string[]> {
    const { rows } = await shop.legacy.raw("SELECT (pg_current_wal_insert_lsn() - '0/0')::text AS at");
    await until(
      'everything is applied and kept',
      async () => {
        // A change of a row, so that the position of everything before it is stored.
        await shop.legacy.raw('UPDATE customers SET name = name WHERE id = 1');
        const stored = await target('fig.projection').first('position', 'state');
        if (stored?.state !== 'ready') throw new Error(JSON.stringify(stored));
        return BigInt(stored.position) >= BigInt(rows[0].at);
      },
      60_000,
    );
    return textRows(
      await target.raw('SELECT t::text AS row FROM rm_order_summary_v2.order_summary t ORDER BY order_id'),
    );
  }

  test(
    'has the read model that it has straight from legacy or from a Debezium connector, row by row, also after fig was killed',
    { timeout: 240_000 },
    async () => {
      const env = { FIG_KAFKA_BROKERS: await sharedKafka(), FIG_KAFKA_TOPIC: uniqueTopic('shop') };
      await shop.legacy.raw('CREATE PUBLICATION everything FOR ALL TABLES');
      await using connector = await PostgresConnector.start(shop.legacyUrl, 'everything', rightProperties);
      const startThroughDebezium = (): Promise<FigProcess> =>
        shop.startFig(2, debeziumConfig, {
          FIG_DATABASE_URL: debezium.database.url,
          FIG_KAFKA_BROKERS: env.FIG_KAFKA_BROKERS,
          FIG_DEBEZIUM_PREFIX: connector.prefix,
        });
      const before = await startThroughDebezium();
      await shop.untilReadModelReady(before);
      const builtBefore = await tableOf(debezium.rows);
      await before.stop();

      let fig = await shop.startFig(2, shopConfig, env);
      await shop.untilReadModelReady(fig);
      const built = await tableOf(shop.target);
      for (let n = 0; n < 20; n += 1) await write(n);
      await fig.kill();
      for (let n = 20; n < 40; n += 1) await write(n);
      fig = await shop.startFig(2, shopConfig, env);
      for (let n = 40; n < 60; n += 1) await write(n);
      const throughKafka = await untilLevel(shop.target);
      expect(await tableOf(shop.target)).toEqual(built);
      await fig.stop();

      // All the same writes, out of the topics.
      const throughDebezium = await startThroughDebezium();
      await shop.untilReadModelReady(throughDebezium);
      expect(await untilLevel(debezium.rows)).toEqual(throughKafka);
      expect(await tableOf(debezium.rows)).toEqual(builtBefore);
      await throughDebezium.stop();

      // The slot is one for both.
      await until('the slot is free', () =>
        shop.legacy
          .raw(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database() AND slot_name LIKE 'fig%'",
          )
          .then(() => true),
      );
      const other = await shop.startFig(2, shopConfig, { FIG_DATABASE_URL: direct.database.url });
      await shop.untilReadModelReady(other);
      expect(await untilLevel(direct.rows)).toEqual(throughKafka);
      expect(throughKafka.length).toBeGreaterThan(300);
      await other.stop();
    },
  );
});
