import type { Knex } from 'knex';
import { HttpError } from '../http/http-error.ts';
import { formatMoney } from './money.ts';
import type { ItemRow, OrderRow, PaymentRow } from './order-rows.ts';
import { lineTotal, orderNumber, orderTotals, statusLabel } from './order-totals.ts';

export type OrderView = Awaited<ReturnType<typeof loadOrder>>;

/** Everything about one order, as the API gives it. Answers 404 when there is none. */
export async function loadOrder(knex: Knex, id: string) {
  const order: OrderRow | undefined = await knex('orders').where({ id }).first();
  if (!order) throw new HttpError(404, 'order not found', { id: Number(id) });
  const customer = await knex('customers').where({ id: order.customer_id }).first();
  const items: ItemRow[] = await knex('order_items').where({ order_id: id }).orderBy('id');
  const lines = [];
  for (const item of items) lines.push(await loadLine(knex, order, item));
  const payments: PaymentRow[] = await knex('payments').where({ order_id: id }).orderBy('id');
  const totals = orderTotals(order, items, payments);
  const money = (cents: number): string => formatMoney(cents, order.currency);
  return {
    id: Number(order.id),
    number: orderNumber(order.id),
    status: order.status,
    status_label: statusLabel(order.status, totals.paid),
    currency: order.currency,
    customer: {
      id: Number(customer.id),
      name: customer.name,
      email: customer.email,
      company: customer.company,
      vip: customer.vip,
    },
    items: lines,
    item_count: items.reduce((count, item) => count + item.quantity, 0),
    subtotal: money(totals.subtotal),
    discount_percent: Number(order.discount_percent),
    discount: money(totals.discount),
    shipping_fee: money(totals.shippingFee),
    total: money(totals.total),
    paid: money(totals.paid),
    balance: money(totals.balance),
    payments: payments.map((payment) => ({
      id: Number(payment.id),
      kind: payment.kind,
      method: payment.method,
      state: payment.state,
      amount: money(Math.round(Number(payment.amount) * 100)),
      created_at: payment.created_at,
    })),
    shipping_address: order.shipping_address,
    note: order.note,
    placed_at: order.placed_at,
    shipped_at: order.shipped_at,
    // Only orders that were sent have one; the key is absent otherwise.
    ...(order.tracking_code ? { tracking_code: order.tracking_code } : {}),
    cancelled_at: order.cancelled_at,
    updated_at: order.updated_at,
  };
}

async function loadLine(knex: Knex, order: OrderRow, item: ItemRow) {
  const product = await knex('products').where({ id: item.product_id }).first();
  return {
    id: Number(item.id),
    product: { id: Number(product.id), sku: product.sku, name: product.name, category: product.category },
    quantity: item.quantity,
    unit_price: formatMoney(Math.round(Number(item.unit_price) * 100), order.currency),
    line_total: formatMoney(lineTotal(item), order.currency),
    ...(item.cancelled_at ? { cancelled_at: item.cancelled_at } : {}),
  };
}
