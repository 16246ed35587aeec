import knexFactory, { type Knex } from 'knex';
import { expect, test } from 'vitest';
import { createSchema } from '../../examples/shop/legacy/schema.ts';
import { seedShop, type SeedProgress } from '../../examples/shop/legacy/seed.ts';
import { fixedOrders } from '../../examples/shop/legacy/seed/rows.ts';
import { createTestDatabase } from '../support/test-database.ts';

const tables = ['customers', 'products', 'orders', 'order_items', 'payments'];

async function counts(knex: Knex): Promise<Record<string, number>> {
  const result: Record<string, number> = {};
  for (const table of tables) {
    const [row] = await knex(table).count({ count: '*' });
    result[table] = Number(row!['count']);
  }
  return result;
}

async function digest(knex: Knex): Promise<unknown[]> {
  const digests = [];
  for (const table of tables) {
    const { rows } = await knex.raw('SELECT md5(string_agg(t::text, chr(10) ORDER BY t.id)) AS digest FROM ?? AS t', [
      table,
    ]);
    digests.push(rows[0].digest);
  }
  return digests;
}

test('the full seed has the promised size and a realistic spread', async () => {
  await using database = await createTestDatabase();
  const knex = knexFactory({ client: 'pg', connection: database.url });
  try {
    await createSchema(knex);
    const progress: SeedProgress[] = [];
    expect(await seedShop(knex, { onProgress: (step) => progress.push(step) })).toBe(true);
    const rows = await counts(knex);
    expect(rows['customers']).toBeGreaterThanOrEqual(2_000);
    expect(rows['products']).toBeGreaterThanOrEqual(500);
    expect(rows['orders']).toBeGreaterThanOrEqual(20_000);
    expect(rows['order_items']).toBeGreaterThanOrEqual(60_000);
    expect(rows['payments']).toBeGreaterThanOrEqual(10_000);
    const written = Object.values(rows).reduce((sum, count) => sum + count, 0);
    expect(progress.at(-1)).toMatchObject({ done: written, total: written });
    expect(progress.every((step, i) => i === 0 || step.done >= progress[i - 1]!.done)).toBe(true);

    const { rows: shares } = await knex.raw(
      'SELECT status, count(*)::float / sum(count(*)) OVER () AS share FROM orders GROUP BY status',
    );
    expect(shares).toHaveLength(6);
    expect(shares.find((row: { status: string }) => row.status === 'cancelled').share).toBeCloseTo(0.08, 1);
    const { rows: touched } = await knex.raw(
      'SELECT count(DISTINCT order_id)::float / ? AS share FROM order_items WHERE cancelled_at IS NOT NULL',
      [rows['orders']!],
    );
    expect(touched[0].share).toBeGreaterThan(0.03);
    expect(touched[0].share).toBeLessThan(0.08);
  } finally {
    await knex.destroy();
  }
});

test('the seed is the same every time, runs once, and leaves room for new rows', async () => {
  await using first = await createTestDatabase();
  await using second = await createTestDatabase();
  const knexes = [first, second].map(({ url }) => knexFactory({ client: 'pg', connection: url }));
  const size = { customers: 30, products: 20, orders: 120 };
  try {
    for (const knex of knexes) {
      await Promise.all([createSchema(knex), createSchema(knex)]);
      const done = await Promise.all([seedShop(knex, size), seedShop(knex, size)]);
      expect(done.filter(Boolean)).toHaveLength(1);
    }
    const [before, other] = await Promise.all(knexes.map(digest));
    expect(other).toEqual(before);

    const knex = knexes[0]!;
    expect(await seedShop(knex, { ...size, orders: 500 })).toBe(false);
    expect(await digest(knex)).toEqual(before);
    expect(await counts(knex)).toMatchObject(size);
    const [order] = await knex('orders').insert({ customer_id: 1, currency: 'EUR' }).returning('id');
    expect(order.id).toBe(String(size.orders + 1));
  } finally {
    await Promise.all(knexes.map((knex) => knex.destroy()));
  }
});

test('a seed that breaks off leaves nothing behind and can be started again', async () => {
  await using database = await createTestDatabase();
  const knex = knexFactory({ client: 'pg', connection: database.url });
  const size = { customers: 30, products: 20, orders: 120 };
  try {
    await createSchema(knex);
    const broken = seedShop(knex, {
      ...size,
      onProgress: ({ table }) => {
        if (table === 'orders') throw new Error('unplugged');
      },
    });
    await expect(broken).rejects.toThrow('unplugged');
    expect(Object.values(await counts(knex))).toEqual([0, 0, 0, 0, 0]);
    expect(await seedShop(knex, size)).toBe(true);
  } finally {
    await knex.destroy();
  }
});

test('the orders that tests and tours count on are what their names say', async () => {
  await using database = await createTestDatabase();
  const knex = knexFactory({ client: 'pg', connection: database.url });
  try {
    await createSchema(knex);
    await seedShop(knex, { customers: 30, products: 20, orders: 20 });
    for (const status of ['draft', 'placed', 'paid', 'shipped', 'cancelled', 'refunded'] as const) {
      expect(await knex('orders').where({ id: fixedOrders[status] }).first('status', 'customer_id')).toEqual({
        status,
        customer_id: '1',
      });
    }
    expect(await knex('orders').where({ id: fixedOrders.yen }).first('currency', 'discount_percent')).toEqual({
      currency: 'JPY',
      discount_percent: '7.50',
    });
    const lines = await knex('order_items').where({ order_id: fixedOrders.cancelledItem }).orderBy('id');
    expect(lines.map((line) => line.cancelled_at !== null)).toEqual([true, false, false]);
  } finally {
    await knex.destroy();
  }
});
