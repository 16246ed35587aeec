import type { Knex } from 'knex';
import { HttpError, unprocessable } from '../http/http-error.ts';
import { toCents } from './money.ts';
import type { NewOrder, OrderChange } from './order-input.ts';
import { orderTotals } from './order-totals.ts';
import type { ItemRow, OrderRow, PaymentRow } from './order-rows.ts';

const rates: Readonly<Record<string, number>> = { EUR: 1, USD: 1.08, GBP: 0.85, JPY: 162 };

/** Returns the id of the new order. Answers 422 when a product cannot be bought. */
export async function createOrder(knex: Knex, input: NewOrder, customerId: string): Promise<string> {
  return knex.transaction(async (tx) => {
    const fields: Record<string, string> = {};
    const lines = [];
    for (const [index, item] of input.items.entries()) {
      const product = await tx('products').where({ id: item.productId }).first('id', 'price', 'active');
      if (!product?.active) fields[`items[${index}].product_id`] = 'is not for sale';
      else
        lines.push({
          product_id: product.id,
          quantity: item.quantity,
          unit_price: priceIn(product.price, input.currency),
        });
    }
    if (!(await tx('customers').where({ id: customerId }).first('id'))) fields['customer_id'] = 'does not exist';
    if (Object.keys(fields).length > 0) throw unprocessable(fields);
    const [order] = await tx('orders')
      .insert({
        customer_id: customerId,
        status: input.draft ? 'draft' : 'placed',
        currency: input.currency,
        shipping_fee: priceIn('4.90', input.currency),
        shipping_address: input.shippingAddress === null ? null : JSON.stringify(input.shippingAddress),
        note: input.note,
      })
      .returning('id');
    await tx('order_items').insert(lines.map((line) => ({ ...line, order_id: order.id })));
    return order.id;
  });
}

/** Changes an open order, which the caller has locked. Answers 409 when it is closed, 422 on a line it does not have. */
export async function changeOrder(tx: Knex.Transaction, order: OrderRow, change: OrderChange): Promise<void> {
  if (order.status !== 'draft' && order.status !== 'placed' && order.status !== 'paid') throw conflict(order);
  for (const [index, { itemId, quantity }] of change.quantities.entries()) {
    // A line that is cancelled keeps its quantity: the warehouse wants to see what it was.
    const changed = await tx('order_items')
      .where({ id: itemId, order_id: order.id })
      .update(quantity === 0 ? { cancelled_at: tx.fn.now() } : { quantity, cancelled_at: null });
    if (changed === 0) throw unprocessable({ [`items[${index}].id`]: 'is not a line of this order' });
  }
  await tx('orders')
    .where({ id: order.id })
    .update({
      updated_at: tx.fn.now(),
      ...(change.note === undefined ? {} : { note: change.note }),
      ...(change.shippingAddress === undefined
        ? {}
        : { shipping_address: change.shippingAddress === null ? null : JSON.stringify(change.shippingAddress) }),
    });
}

/** Cancels an order, which the caller has locked, and gives back what was paid. Answers 409 when it is closed. */
export async function cancelOrder(tx: Knex.Transaction, order: OrderRow): Promise<void> {
  if (order.status === 'shipped') throw new HttpError(409, 'the order is already shipped', { status: order.status });
  if (order.status === 'cancelled' || order.status === 'refunded') throw conflict(order);
  const { paid } = await totalsOf(tx, order);
  if (paid > 0) {
    await tx('payments').insert({
      order_id: order.id,
      kind: 'refund',
      method: 'transfer',
      state: 'captured',
      amount: (paid / 100).toFixed(2),
    });
  }
  await tx('orders')
    .where({ id: order.id })
    .update({ status: 'cancelled', cancelled_at: tx.fn.now(), updated_at: tx.fn.now() });
}

/** Takes a payment for a placed order, which the caller has locked; the last one makes it paid. Answers 409 or 422. */
export async function payOrder(tx: Knex.Transaction, order: OrderRow, amount: unknown): Promise<void> {
  if (order.status !== 'placed') throw conflict(order);
  const { balance } = await totalsOf(tx, order);
  const cents = amount === undefined ? balance : Math.round(Number(amount) * 100);
  if (!(cents > 0) || cents > balance) throw unprocessable({ amount: 'must be more than 0 and at most the balance' });
  await tx('payments').insert({
    order_id: order.id,
    kind: 'payment',
    method: 'card',
    state: 'captured',
    amount: (cents / 100).toFixed(2),
  });
  await tx('orders')
    .where({ id: order.id })
    .update({ status: cents === balance ? 'paid' : 'placed', updated_at: tx.fn.now() });
}

/** Sends a paid order, which the caller has locked. Answers 409 when it is not paid. */
export async function shipOrder(tx: Knex.Transaction, order: OrderRow): Promise<void> {
  if (order.status !== 'paid') throw conflict(order);
  await tx('orders')
    .where({ id: order.id })
    .update({
      status: 'shipped',
      shipped_at: tx.fn.now(),
      updated_at: tx.fn.now(),
      tracking_code: `TRK${String(Number(order.id) * 7919).padStart(10, '0')}`,
    });
}

/** Deletes a draft or a cancelled order, which the caller has locked. Answers 409 for others. */
export async function deleteOrder(tx: Knex.Transaction, order: OrderRow): Promise<void> {
  if (order.status !== 'draft' && order.status !== 'cancelled') throw conflict(order);
  await tx('orders').where({ id: order.id }).delete();
}

async function totalsOf(tx: Knex.Transaction, order: OrderRow): Promise<ReturnType<typeof orderTotals>> {
  const items: ItemRow[] = await tx('order_items').where({ order_id: order.id });
  const payments: PaymentRow[] = await tx('payments').where({ order_id: order.id });
  return orderTotals(order, items, payments);
}

function conflict(order: OrderRow): HttpError {
  return new HttpError(409, `not possible while the order is ${order.status}`, { status: order.status });
}

function priceIn(euros: string, currency: string): string {
  const cents = Math.round(toCents(euros) * (rates[currency] ?? 1));
  return ((currency === 'JPY' ? Math.round(cents / 100) * 100 : cents) / 100).toFixed(2);
}
