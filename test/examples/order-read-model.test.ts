import knexFactory, { type Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixedOrders } from '../../examples/shop/legacy/seed/rows.ts';
import { ordersFeature } from '../../examples/shop/features/orders.ts';
import type { ShopVersion } from '../../examples/shop/features/order-read-model.ts';
import type { ReadModelDefinition } from '../../src/config/read-model-definition.ts';
import { isCaptured, isHandled } from '../../src/config/read-model-kinds.ts';
import { fingerprintOf } from '../../src/config/fingerprint.ts';
import { Reply, type QueryInput } from '../../src/config/feature-definition.ts';
import { openTarget } from '../../src/sync/open-target.ts';
import { createSeededShop, type SeededShop } from './seeded-shop.ts';

const orders = 400;
let shop: SeededShop;
/** Prints values as a projection's own pool does, which is what `build` is made for. */
let exact: Knex;
const targets = new Map<ShopVersion, Knex>();

beforeAll(async () => {
  shop = await createSeededShop({ orders });
  exact = openTarget(shop.databaseUrl);
  for (const version of [1, 2] as const) targets.set(version, await buildReadModel(version));
});

afterAll(async () => {
  for (const target of targets.values()) await target.destroy();
  await exact?.destroy();
  await shop?.[Symbol.asyncDispose]();
});

/** The legacy tables stand in for the mirror: they have the same columns, in the same database. */
function mirror(table: string): Knex.QueryBuilder {
  return exact.withSchema('public').from(table);
}

function readModelOf(version: ShopVersion): ReadModelDefinition {
  const { readModel } = ordersFeature(version);
  if (!readModel || !isCaptured(readModel) || isHandled(readModel)) throw new Error('the shop builds its read model');
  return readModel;
}

async function buildReadModel(version: ShopVersion): Promise<Knex> {
  const model = readModelOf(version);
  const schema = `read_model_v${version}`;
  await shop.knex.raw('CREATE SCHEMA ??', [schema]);
  await shop.knex.schema.withSchema(schema).createTable(model.name, model.table);
  const ids: string[] = await shop.knex('orders').orderBy('id').pluck('id');
  for (let from = 0; from < ids.length; from += 150) {
    await shop.knex
      .withSchema(schema)
      .into(model.name)
      .insert([...(await model.build(ids.slice(from, from + 150), mirror, exact))]);
  }
  return knexFactory({ client: 'pg', connection: shop.databaseUrl, searchPath: [schema], pool: { min: 0, max: 4 } });
}

async function askLegacy(target: string): Promise<{ status: number; text: string }> {
  const response = await fetch(shop.shop.url + target);
  return { status: response.status, text: noClock(await response.text()) };
}

async function askCandidate(version: ShopVersion, target: string): Promise<{ status: number; text: string }> {
  const { pathname, searchParams } = new URL(target, shop.shop.url);
  const id = /^\/api\/orders\/(.+)$/.exec(pathname)?.[1];
  const handler = ordersFeature(version).queries![id === undefined ? 'GET /api/orders' : 'GET /api/orders/:id']!;
  const query: Record<string, string> = {};
  for (const [name, value] of searchParams) query[name] ??= value;
  const input: QueryInput = {
    params: id === undefined ? {} : { id: decodeURIComponent(id) },
    query,
    search: searchParams,
    headers: {},
    db: targets.get(version)!,
  };
  const answer = await handler(input);
  const reply = answer instanceof Reply ? answer : new Reply(200, answer);
  return { status: reply.status, text: noClock(JSON.stringify(reply.body)) };
}

function noClock(text: string): string {
  return text.replace(/"generated_at":"[^"]+"/, '"generated_at":""');
}

const details = Array.from({ length: orders }, (_, index) => `/api/orders/${index + 1}`);
const lists = [
  '/api/orders',
  ...['placed_at', '-placed_at', 'total', '-total', 'id', '-id'].flatMap((sort) => [
    `/api/orders?sort=${sort}&per_page=100`,
    `/api/orders?sort=${sort}&per_page=100&page=3`,
  ]),
  ...['draft', 'placed', 'paid', 'shipped', 'cancelled', 'refunded'].map((status) => `/api/orders?status=${status}`),
  ...['EUR', 'USD', 'GBP', 'JPY'].map((currency) => `/api/orders?currency=${currency}&sort=-total&per_page=50`),
  ...Array.from({ length: 10 }, (_, index) => `/api/orders?customer_id=${index + 1}`),
  '/api/orders?status=paid&status=cancelled&currency=EUR&page=2&per_page=5&sort=total',
  '/api/orders?q=ro',
  '/api/orders?q=M%C3%BCll',
  '/api/orders?q=O%27Brien&sort=id',
  '/api/orders?q=%25',
  '/api/orders?q=_a&sort=-id',
  '/api/orders?q=van+dijk',
  '/api/orders?q=',
  '/api/orders?page=2&page=3',
  '/api/orders?page=0&per_page=0',
  '/api/orders?page=-2&per_page=-5',
  '/api/orders?page=two&per_page=1000',
  '/api/orders?page=2.9&per_page=7up',
  '/api/orders?page=1e9',
  '/api/orders?page=9999999999999999999999',
  '/api/orders?customer_id=999999999',
  '/api/orders?customer_id=007',
];
const refusals = [
  '/api/orders/999999999',
  '/api/orders/999999999999999999',
  '/api/orders/0',
  '/api/orders/007x',
  '/api/orders/abc',
  '/api/orders/-1',
  '/api/orders/1.5',
  '/api/orders/9999999999999999999',
  '/api/orders/%C3%A4%20b',
  '/api/orders?status=lost',
  '/api/orders?status=paid&status=',
  '/api/orders?currency=DOGE',
  '/api/orders?currency=',
  '/api/orders?customer_id=x',
  '/api/orders?customer_id=1&customer_id=x&sort=price',
  '/api/orders?sort=',
  '/api/orders?sort=--id',
  '/api/orders?sort=constructor',
];

describe('version 2', () => {
  test('answers every order byte for byte as legacy does', async () => {
    for (const target of details)
      expect({ target, ...(await askCandidate(2, target)) }).toEqual({ target, ...(await askLegacy(target)) });
    expect(JSON.parse((await askLegacy(details.at(-1)!)).text)).toMatchObject({ id: orders });
  });

  test('answers every kind of list byte for byte as legacy does', async () => {
    let listed = 0;
    for (const target of lists) {
      const legacy = await askLegacy(target);
      expect({ target, status: legacy.status }).toEqual({ target, status: 200 });
      expect({ target, ...(await askCandidate(2, target)) }).toEqual({ target, ...legacy });
      listed += JSON.parse(legacy.text).items.length;
    }
    expect(listed).toBeGreaterThan(1_000);
  });

  test('refuses what legacy refuses, in the same words', async () => {
    for (const target of refusals) {
      const legacy = await askLegacy(target);
      expect({ target, status: legacy.status }).toEqual({
        target,
        status: expect.toSatisfy((status) => status === 400 || status === 404),
      });
      expect({ target, ...(await askCandidate(2, target)) }).toEqual({ target, ...legacy });
    }
  });
});

describe('version 1', () => {
  /** The fields that follow from the subtotal. */
  const planted = ['subtotal', 'discount', 'total', 'balance'];

  test('differs from legacy only where a line was cancelled, and only in what follows from the subtotal', async () => {
    const differing: number[] = [];
    const fields = new Set<string>();
    for (const [index, target] of details.entries()) {
      const legacy = JSON.parse((await askLegacy(target)).text);
      const candidate = JSON.parse((await askCandidate(1, target)).text);
      expect(Object.keys(candidate)).toEqual(Object.keys(legacy));
      const wrong = Object.keys(legacy).filter((key) => JSON.stringify(legacy[key]) !== JSON.stringify(candidate[key]));
      if (wrong.length > 0) differing.push(index + 1);
      for (const field of wrong) fields.add(field);
      const cancelledLine = legacy.items.some((item: { cancelled_at?: string }) => item.cancelled_at !== undefined);
      expect({ target, wrong: wrong.length > 0 }).toEqual({ target, wrong: cancelledLine });
    }
    expect([...fields].toSorted()).toEqual(planted.toSorted());
    expect(differing).toContain(fixedOrders.cancelledItem);
    expect(differing.length).toBeGreaterThan(orders * 0.02);
    expect(differing.length).toBeLessThan(orders * 0.1);
  });

  test('shows the same orders in its lists, some with another total', async () => {
    const all = ['1', '2', '3', '4'].map((page) => `/api/orders?sort=id&per_page=100&page=${page}`);
    let differing = 0;
    for (const target of all) {
      const legacy = JSON.parse((await askLegacy(target)).text);
      const candidate = JSON.parse((await askCandidate(1, target)).text);
      for (const [index, item] of legacy.items.entries()) {
        if (candidate.items[index].total !== item.total) differing += 1;
        candidate.items[index].total = item.total;
      }
      expect(candidate).toEqual(legacy);
    }
    expect(differing).toBeGreaterThan(orders * 0.02);
  });

  test('refuses what legacy refuses', async () => {
    for (const target of refusals)
      expect({ target, ...(await askCandidate(1, target)) }).toEqual({ target, ...(await askLegacy(target)) });
  });
});

test('the evidence of one version does not count for the other', () => {
  expect(fingerprintOf(ordersFeature(1), undefined)).not.toBe(fingerprintOf(ordersFeature(2), undefined));
  const [one, two] = ([1, 2] as const).map((version) => readModelOf(version).build.toString());
  expect(one).not.toBe(two);
});

describe('the rows that a change makes dirty', () => {
  const { sources } = readModelOf(2);

  test('are the order itself for orders, lines and payments', async () => {
    expect(await sources['orders']!.dirty({ id: '7' }, mirror)).toEqual(['7']);
    expect(await sources['order_items']!.dirty({ id: '1', order_id: '7' }, mirror)).toEqual(['7']);
    expect(await sources['payments']!.dirty({ id: '1', order_id: '7' }, mirror)).toEqual(['7']);
  });

  test('are all orders of a customer, and all orders with a product', async () => {
    const ofCustomer = await shop.knex('orders').where({ customer_id: 1 }).pluck('id');
    expect(new Set(await sources['customers']!.dirty({ id: '1' }, mirror))).toEqual(new Set(ofCustomer));
    const withProduct = await shop.knex('order_items').where({ product_id: 5 }).pluck('order_id');
    expect(new Set(await sources['products']!.dirty({ id: '5' }, mirror))).toEqual(new Set(withProduct));
  });
});
