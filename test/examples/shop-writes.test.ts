import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededSessions } from '../../examples/shop/legacy/seed.ts';
import { fixedOrders } from '../../examples/shop/legacy/seed/rows.ts';
import { createSeededShop, type SeededShop } from './seeded-shop.ts';

let shop: SeededShop;

beforeAll(async () => {
  shop = await createSeededShop({ orders: 40 });
});

afterAll(() => shop?.[Symbol.asyncDispose]());

interface Line {
  readonly id: number;
  readonly quantity: number;
  readonly line_total: string;
  readonly cancelled_at?: string;
}

interface Answer {
  readonly status: number;
  readonly body: {
    readonly id: number;
    readonly status: string;
    readonly status_label: string;
    readonly items: readonly Line[];
    readonly total: string;
    readonly paid: string;
    readonly balance: string;
    readonly shipping_fee: string;
    readonly note: string | null;
    readonly item_count: number;
    readonly tracking_code?: string;
    readonly fields?: Readonly<Record<string, string>>;
  };
}

async function send(
  method: string,
  path: string,
  body?: unknown,
  who: 'customer' | 'staff' = 'customer',
): Promise<Answer> {
  const response = await fetch(`${shop.shop.url}/api/orders${path}`, {
    method,
    headers: { 'content-type': 'application/json', cookie: `shop_session=${seededSessions[who]}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
}

async function sellable(count: number): Promise<number[]> {
  return (await shop.knex('products').where({ active: true }).orderBy('id').limit(count).pluck('id')).map(Number);
}

async function place(body: Readonly<Record<string, unknown>> = {}): Promise<Answer['body']> {
  const items = (await sellable(2)).map((product_id) => ({ product_id, quantity: 2 }));
  const { status, body: order } = await send('POST', '', { items, ...body });
  expect(status).toBe(201);
  return order;
}

test('an order goes from placed over paid to shipped, and then stays as it is', async () => {
  const order = await place({ currency: 'JPY' });
  expect(order).toMatchObject({ status_label: 'Awaiting payment', item_count: 4, paid: '0', balance: order.total });
  expect(order.total).toMatch(/^\d+$/);
  expect(Number(order.total)).toBe(
    order.items.reduce((sum, item) => sum + Number(item.line_total), Number(order.shipping_fee)),
  );
  expect((await send('POST', `/${order.id}/ship`, undefined, 'staff')).status).toBe(409);
  expect((await send('POST', `/${order.id}/payments`, { amount: 1 })).body.status_label).toBe('Partly paid');
  expect((await send('POST', `/${order.id}/payments`, { amount: Number(order.total) })).status).toBe(422);
  expect((await send('POST', `/${order.id}/payments`, {})).body).toMatchObject({ status: 'paid', balance: '0' });
  const shipped = await send('POST', `/${order.id}/ship`, undefined, 'staff');
  expect(shipped.body.status).toBe('shipped');
  expect(shipped.body.tracking_code).toMatch(/^TRK\d{10}$/);
  expect((await send('POST', `/${order.id}/cancel`)).status).toBe(409);
  expect((await send('PATCH', `/${order.id}`, { note: 'late' })).status).toBe(409);
});

test('a cancelled line stays on the order with its quantity and is no longer charged', async () => {
  const order = await place();
  const [first, second] = order.items;
  const changed = await send('PATCH', `/${order.id}`, { note: 'one less', items: [{ id: first!.id, quantity: 0 }] });
  expect(changed.status).toBe(200);
  expect(changed.body.items[0]).toMatchObject({ id: first!.id, quantity: 2, cancelled_at: expect.any(String) });
  expect(changed.body).toMatchObject({ note: 'one less', item_count: 4 });
  const charged = Number(second!.line_total) + Number(order.shipping_fee);
  expect(changed.body.total).toBe(charged.toFixed(2));
});

test('what was paid for a cancelled order is given back', async () => {
  const order = await place();
  await send('POST', `/${order.id}/payments`, {});
  const cancelled = await send('POST', `/${order.id}/cancel`);
  expect(cancelled.body).toMatchObject({ status: 'cancelled', paid: '0.00', balance: order.total });
  expect((await send('POST', `/${order.id}/cancel`)).status).toBe(409);
});

test('only staff delete, and only drafts and cancelled orders', async () => {
  const draft = await place({ draft: true });
  expect((await send('DELETE', `/${draft.id}`)).status).toBe(403);
  expect((await send('DELETE', `/${fixedOrders.placed}`, undefined, 'staff')).status).toBe(409);
  expect((await send('DELETE', `/${draft.id}`, undefined, 'staff')).status).toBe(204);
  expect((await send('GET', `/${draft.id}`)).status).toBe(404);
  expect(await shop.knex('order_items').where({ order_id: draft.id })).toEqual([]);
});

test('bad input is refused field by field and changes nothing', async () => {
  const { body, status } = await send('POST', '', {
    currency: 'DOGE',
    note: 5,
    shipping_address: { city: 'Gent' },
    items: [{ product_id: 1.5, quantity: 1 }, { quantity: 0 }, 'x'],
  });
  expect(status).toBe(422);
  expect(Object.keys(body.fields!)).toEqual([
    'currency',
    'items[0].product_id',
    'items[1].product_id',
    'items[1].quantity',
    'items[2].product_id',
    'items[2].quantity',
    'note',
    'shipping_address.line1',
    'shipping_address.postcode',
    'shipping_address.country',
  ]);
  expect((await send('POST', '', { items: [{ product_id: 999_999, quantity: 1 }] })).body.fields).toEqual({
    'items[0].product_id': 'is not for sale',
  });
  const foreign = await shop.knex('order_items').where({ order_id: 20 }).first('id');
  const change = { note: 'lost', items: [{ id: Number(foreign.id), quantity: 1 }] };
  expect((await send('PATCH', `/${fixedOrders.placed}`, change)).status).toBe(422);
  expect((await send('GET', `/${fixedOrders.placed}`)).body.note).not.toBe('lost');
});

test("a customer cannot order in someone else's name, staff can", async () => {
  const items = (await sellable(1)).map((product_id) => ({ product_id, quantity: 1 }));
  expect((await send('POST', '', { items, customer_id: 2 })).status).toBe(403);
  expect((await send('POST', '', { items, customer_id: 2 }, 'staff')).status).toBe(201);
  expect((await send('POST', '', { items }, 'staff')).body.fields).toEqual({ customer_id: 'does not exist' });
});
