import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { expect, test } from 'vitest';
import { silentLog } from '../../../src/kernel/log.ts';
import { Landing } from '../../../src/sync/landing/landing.ts';
import { LandingPlace } from '../../../src/sync/landing/landing-place.ts';
import { openTarget } from '../../../src/sync/open-target.ts';
import { describeWithKafka } from '../../support/kafka-server.ts';
import { mariadbProperties } from '../../support/mariadb-shop.ts';
import { createStoreDatabase, createTestDatabase } from '../../support/test-database.ts';
import { until } from '../../support/until.ts';
import { ConnectorTopics } from './connector-topics.ts';

/** Topics of two tables, a landing database, and whatever lands one in the other. Nobody can be asked but the topics. */
async function world() {
  const topics = await ConnectorTopics.make('orders', 'items');
  const [store, own] = [await createStoreDatabase(), await createTestDatabase()];
  const db = openTarget(own.url, 4);
  const started: Landing[] = [];
  return {
    topics,
    db,
    land: (tables = ['orders', 'items']): Landing => {
      const landing = new Landing({
        db,
        legacy: { database: 'shop', account: undefined, settleMs: 1_000 },
        access: topics.access,
        prefix: topics.prefix,
        properties: mariadbProperties,
        migration: 'shop',
        tables,
        storeUrl: store.url,
        process: randomUUID(),
        log: silentLog,
      });
      started.push(landing);
      return landing;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(started.map((each) => each.stop()));
      await db.destroy();
      await topics[Symbol.asyncDispose]();
      await own[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

async function rowsOf(db: Knex, table: string): Promise<readonly string[]> {
  const { rows } = await db.raw(`SELECT id || ' ' || note AS row FROM public.${table} ORDER BY id`);
  return (rows as { row: string }[]).map(({ row }) => row);
}

async function placeOf(db: Knex): Promise<{ position: string; is_whole: boolean; has_transactions: boolean }> {
  return db('fig_landing.place').first('position', 'is_whole', 'has_transactions');
}

async function untilAt(db: Knex, position: number, landing: Landing): Promise<void> {
  await until(`transaction ${position} has landed`, async () => {
    const found = await placeOf(db);
    if (found?.is_whole && Number(found.position) >= position) return true;
    throw new Error(`${JSON.stringify(found)} ${landing.failure}`);
  });
}

describeWithKafka('what a connector for MySQL has written', () => {
  test('lands: the snapshot, then each transaction, and who goes on takes no row of the snapshot again', async () => {
    await using shop = await world();
    const { topics, db, land } = shop;
    // What an interrupted beginning has left.
    await db.raw(
      `CREATE TABLE public.orders (id integer PRIMARY KEY, note text); INSERT INTO orders VALUES (99, 'left')`,
    );
    await topics.snapshot('orders', 100, [1, 'old'], [2, 'old']);
    await topics.snapshot('items', 100, [7, 'old']);
    const first = land();
    await untilAt(db, 0, first);
    expect(await rowsOf(db, 'orders')).toEqual(['1 old', '2 old']);
    expect(await rowsOf(db, 'items')).toEqual(['7 old']);
    expect(await placeOf(db)).toMatchObject({ has_transactions: false });

    await topics.commit(5, { orders: [[1, 'new']], items: [[7, 'new']] });
    await untilAt(db, 5, first);
    await first.stop();
    await topics.commit(6, { orders: [[3, 'six']] });
    await topics.commit(7, { items: [[7, 'seven']] });
    const second = land();
    await untilAt(db, 7, second);
    expect(await rowsOf(db, 'orders')).toEqual(['1 new', '2 old', '3 six']);
    expect(await rowsOf(db, 'items')).toEqual(['7 seven']);
    expect(await placeOf(db)).toMatchObject({ has_transactions: true });
    expect(second.failure).toBeUndefined();
  });

  test('is whole only when a row of each table came, and nothing is told of it before', async () => {
    await using shop = await world();
    const { topics, db, land } = shop;
    await topics.snapshot('orders', 100, [1, 'old']);
    const landing = land();
    await until('it waits for a message of the other', () => landing.failure?.includes('shop.items has no message'));
    await topics.snapshot('items', 100, [7, 'old'], [8, 'old']);
    await untilAt(db, 0, landing);
    expect(await rowsOf(db, 'items')).toEqual(['7 old', '8 old']);
  });

  test('is put away when the connector begins its snapshot anew before it has ended', async () => {
    await using shop = await world();
    const { topics, db, land } = shop;
    await topics.beginSnapshot('orders', 100, [1, 'first'], [2, 'gone meanwhile']);
    const landing = land(['orders']);
    await until('some of it has landed', async () => (await rowsOf(db, 'orders').catch(() => [])).length === 2);
    expect(await placeOf(db)).toMatchObject({ is_whole: false });
    await topics.snapshot('orders', 200, [1, 'second']);
    await untilAt(db, 0, landing);
    expect(await rowsOf(db, 'orders')).toEqual(['1 second']);
    await topics.commit(5, { orders: [[3, 'five']] });
    await untilAt(db, 5, landing);
    expect(await rowsOf(db, 'orders')).toEqual(['1 second', '3 five']);
  });

  test('goes no further behind a statement that dropped a table, also after a restart', async () => {
    await using shop = await world();
    const { topics, db, land } = shop;
    await topics.snapshot('orders', 100, [1, 'old']);
    const first = land(['orders']);
    await untilAt(db, 0, first);
    await topics.drop('orders', 150);
    await until('it says so', () => first.failure?.includes('orders was changed: it was dropped'));
    await first.stop();
    await topics.commit(5, { orders: [[1, 'of another table']] });
    const again = land(['orders']);
    await until('it says so again', () => again.failure?.includes('orders was changed: it was dropped'));
    await again.stop();
    // What lands before the statement is read is of no harm, and what had been told is not forgotten.
    const third = land(['orders']);
    await until('and again', () => third.failure?.includes('orders was changed: it was dropped'));
  });

  test('is refused beside what has landed, where a read model asks for another table', async () => {
    await using shop = await world();
    const { topics, db, land } = shop;
    await topics.snapshot('orders', 100, [1, 'old']);
    await topics.snapshot('items', 100, [7, 'old']);
    const first = land(['orders']);
    await untilAt(db, 0, first);
    await first.stop();
    const second = land();
    await until('it says so', () => second.failure?.includes('was not asked for when the others began to land'));
  });

  test('lands by one process at a time: who was replaced begins anew, and nothing is lost', async () => {
    await using shop = await world();
    const { topics, db, land } = shop;
    await topics.snapshot('orders', 100, [1, 'old']);
    const landing = land(['orders']);
    await untilAt(db, 0, landing);
    // As another process would, whose turn it is by mistake.
    await new LandingPlace(topics.prefix).claim(db);
    await topics.commit(5, { orders: [[1, 'five']] });
    await until('it notices', () => landing.failure?.includes('another process lands'));
    await untilAt(db, 5, landing);
    expect(await rowsOf(db, 'orders')).toEqual(['1 five']);
  });
});
