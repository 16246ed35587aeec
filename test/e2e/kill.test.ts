import { expect, test } from 'vitest';
import { orderReadModel } from '../../examples/shop/features/order-read-model.ts';
import { openTarget } from '../../src/sync/open-target.ts';
import { ReadModelTable } from '../../src/sync/projection/read-model-table.ts';
import { sleep } from '../../src/kernel/service.ts';
import { ShopUnderFig, textRows } from '../support/shop-under-fig.ts';
import { until } from '../support/until.ts';

const kills = 20;

/** What `build` gives from the legacy tables themselves, put into a table like the read model's. */
async function freshBuild(legacyUrl: string): Promise<readonly string[]> {
  const definition = orderReadModel(2);
  const db = openTarget(legacyUrl);
  try {
    await db.raw('DROP SCHEMA IF EXISTS fresh CASCADE');
    await db.raw('CREATE SCHEMA fresh');
    const table = new ReadModelTable('fresh', definition);
    await db.transaction(async (tx) => {
      await table.create(tx);
      const keys: string[] = await tx('orders').pluck('id');
      const rows = await definition.build(keys, (name) => tx.queryBuilder().withSchema('public').from(name), tx);
      await table.rebuild(tx, keys, rows);
    });
    return textRows(await db.raw('SELECT t::text AS row FROM fresh.order_summary t ORDER BY order_id'));
  } finally {
    await db.destroy();
  }
}

test(`kill -9 of fig during writes, ${kills} times: the read model equals a fresh build from the legacy tables`, async () => {
  await using shop = await ShopUnderFig.create(800);
  let writing = true;
  let writes = 0;
  const writer = (async () => {
    while (writing) {
      const id = 10 + ((writes * 53) % 700);
      writes += 1;
      // As fast as a busy shop, not as fast as the machine: a backlog would only make the test long.
      await sleep(3);
      await shop
        .legacy('orders')
        .where({ id })
        .update({ note: `write ${writes}` });
      if (writes % 5 === 0) {
        await shop.legacy.transaction(async (tx) => {
          await tx('order_items')
            .where({ order_id: id })
            .update({ quantity: 1 + (writes % 9) });
          await tx('customers')
            .where({ id: 2 + (writes % 100) })
            .update({ name: `Customer ${writes}` });
        });
      }
      if (writes % 11 === 0)
        await shop.legacy('order_items').where({ order_id: id }).limit(1).update({ cancelled_at: new Date() });
      if (writes % 13 === 0) {
        await shop.legacy.raw(
          `WITH o AS (INSERT INTO orders SELECT (jsonb_populate_record(orders, jsonb_build_object('id', nextval(pg_get_serial_sequence('orders','id'))))).* FROM orders WHERE id = ? RETURNING id)
           INSERT INTO order_items (order_id, product_id, quantity, unit_price) SELECT o.id, 1 + ?::int % 50, 2, 9.99 FROM o`,
          [id, writes],
        );
      }
      if (writes % 17 === 0) await shop.legacy('payments').where({ order_id: id }).delete();
    }
  })();
  try {
    for (let n = 0; n < kills; n += 1) {
      const fig = await shop.startFig(2);
      const seen = writes;
      // At another moment each time: while it copies, while it builds, while it follows.
      await until('more was written', () => writes > seen + n * 12);
      await fig.kill();
    }
  } finally {
    writing = false;
    await writer;
  }
  await using fig = await shop.startFig(2);
  await shop.untilReadModelReady(fig);
  const { rows } = await shop.legacy.raw('SELECT pg_current_wal_insert_lsn()::text AS at');
  await until(
    'everything is applied',
    async () => {
      const { capture } = await fig.status();
      if (capture?.applied !== undefined && (await isPast(shop, capture.applied, rows[0].at))) return true;
      throw new Error(`${JSON.stringify(capture)}, wanted ${rows[0].at}\n${fig.output}`);
    },
    120_000,
  );
  const fresh = await freshBuild(shop.legacyUrl);
  expect(fresh.length).toBeGreaterThan(800);
  expect(await shop.readModelRows(2)).toEqual(fresh);
}, 300_000);

async function isPast(shop: ShopUnderFig, applied: string, wanted: string): Promise<boolean> {
  const { rows } = await shop.legacy.raw('SELECT ?::pg_lsn >= ?::pg_lsn AS past', [applied, wanted]);
  return rows[0].past;
}
