import type { Mirror } from 'strangler-fig';
import { decimalToMinor, minorToDecimal, roundHalfUp } from './money.ts';

// Rows of the mirror: integers are numbers, booleans booleans, everything else is as PostgreSQL prints it, so timestamps
// keep their microseconds and JSON keeps its digits.

interface OrderRow {
  readonly id: string;
  readonly customer_id: string;
  readonly status: string;
  readonly currency: string;
  readonly discount_percent: string;
  readonly shipping_fee: string;
  readonly shipping_address: string | null;
  readonly note: string | null;
  readonly tracking_code: string | null;
  readonly placed_at: string;
  readonly shipped_at: string | null;
  readonly cancelled_at: string | null;
  readonly updated_at: string;
}

export interface ItemRow {
  readonly id: string;
  readonly order_id: string;
  readonly product_id: string;
  readonly quantity: number;
  readonly unit_price: string;
  readonly cancelled_at: string | null;
}

interface PaymentRow {
  readonly id: string;
  readonly order_id: string;
  readonly kind: string;
  readonly method: string;
  readonly state: string;
  readonly amount: string;
  readonly created_at: string;
}

/** Rows of `order_summary` for these orders. `billed` says which lines of an order the customer pays for. */
export async function orderSummaries(
  keys: readonly string[],
  mirror: Mirror,
  billed: (items: readonly ItemRow[]) => readonly ItemRow[],
): Promise<Record<string, unknown>[]> {
  const orders: OrderRow[] = await mirror('orders')
    .whereIn('id', keys)
    .select('id', 'customer_id', 'status', 'currency', 'discount_percent', 'shipping_fee', 'shipping_address', 'note')
    .select('tracking_code', 'placed_at', 'shipped_at', 'cancelled_at', 'updated_at');
  const items: ItemRow[] = await mirror('order_items')
    .whereIn('order_id', keys)
    .orderBy('id')
    .select('id', 'order_id', 'product_id', 'quantity', 'unit_price', 'cancelled_at');
  const payments: PaymentRow[] = await mirror('payments')
    .whereIn('order_id', keys)
    .orderBy('id')
    .select('id', 'order_id', 'kind', 'method', 'state', 'amount', 'created_at');
  const customers: { id: string; name: string; email: string; company: string | null; vip: boolean }[] = await mirror(
    'customers',
  )
    .whereIn('id', unique(orders.map((order) => order.customer_id)))
    .select('id', 'name', 'email', 'company', 'vip');
  const products: { id: string; sku: string; name: string; category: string }[] = await mirror('products')
    .whereIn('id', unique(items.map((item) => item.product_id)))
    .select('id', 'sku', 'name', 'category');

  const customerById = new Map(customers.map((customer) => [customer.id, customer]));
  const productById = new Map(products.map((product) => [product.id, product]));
  const itemsByOrder = groupByOrder(items);
  const paymentsByOrder = groupByOrder(payments);
  return orders.map((order) => {
    const customer = customerById.get(order.customer_id);
    const lines = itemsByOrder.get(order.id) ?? [];
    const paid = paymentsByOrder.get(order.id) ?? [];
    return {
      order_id: order.id,
      status: order.status,
      currency: order.currency,
      customer_id: order.customer_id,
      customer_name: customer?.name,
      customer_email: customer?.email,
      customer_company: customer?.company,
      customer_vip: customer?.vip,
      items: JSON.stringify(
        lines.map(({ id, product_id, quantity, unit_price, cancelled_at }) => ({
          id,
          product: productById.get(product_id),
          quantity,
          unit_price,
          cancelled_at: cancelled_at === null ? null : isoTime(cancelled_at),
        })),
      ),
      item_count: lines.reduce((count, line) => count + line.quantity, 0),
      ...amounts(order, billed(lines), paid),
      payments: JSON.stringify(
        paid.map(({ id, kind, method, state, amount, created_at }) => ({
          id,
          kind,
          method,
          state,
          amount,
          created_at: isoTime(created_at),
        })),
      ),
      shipping_address: order.shipping_address,
      note: order.note,
      tracking_code: order.tracking_code,
      placed_at: order.placed_at,
      shipped_at: order.shipped_at,
      cancelled_at: order.cancelled_at,
      updated_at: order.updated_at,
    };
  });
}

function amounts(
  order: OrderRow,
  billed: readonly ItemRow[],
  payments: readonly PaymentRow[],
): Readonly<Record<string, string>> {
  const subtotal = sum(billed.map((item) => decimalToMinor(item.unit_price) * BigInt(item.quantity)));
  // A yen has no smaller unit, so a discount in yen is rounded to whole ones.
  const smallest = order.currency === 'JPY' ? 100n : 1n;
  const discount = roundHalfUp(subtotal * decimalToMinor(order.discount_percent), 10_000n * smallest) * smallest;
  const shippingFee = decimalToMinor(order.shipping_fee);
  const paid = sum(
    payments
      .filter((payment) => payment.state === 'captured')
      .map((payment) => decimalToMinor(payment.amount) * (payment.kind === 'refund' ? -1n : 1n)),
  );
  return {
    subtotal: minorToDecimal(subtotal),
    discount_percent: order.discount_percent,
    discount: minorToDecimal(discount),
    shipping_fee: order.shipping_fee,
    total: minorToDecimal(subtotal - discount + shippingFee),
    paid: minorToDecimal(paid),
  };
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

function groupByOrder<T extends { readonly order_id: string }>(rows: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(row.order_id);
    if (group) group.push(row);
    else groups.set(row.order_id, [row]);
  }
  return groups;
}

/** The legacy app's JSON has times to the millisecond. */
function isoTime(printed: string): string {
  return new Date(printed).toISOString();
}
