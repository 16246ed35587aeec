import { decimalToMinor, formatMoney, minorToDecimal } from './money.ts';

/** A row of `order_summary` as the driver gives it: bigint and numeric as text, timestamps as Date, jsonb parsed. */
export interface OrderSummary {
  readonly order_id: string;
  readonly status: string;
  readonly currency: string;
  readonly customer_id: string;
  readonly customer_name: string;
  readonly customer_email: string;
  readonly customer_company: string | null;
  readonly customer_vip: boolean;
  readonly items: readonly SummaryItem[];
  readonly item_count: number;
  readonly subtotal: string;
  readonly discount_percent: string;
  readonly discount: string;
  readonly shipping_fee: string;
  readonly total: string;
  readonly paid: string;
  readonly payments: readonly SummaryPayment[];
  readonly shipping_address: Readonly<Record<string, string>> | null;
  readonly note: string | null;
  readonly tracking_code: string | null;
  readonly placed_at: Date;
  readonly shipped_at: Date | null;
  readonly cancelled_at: Date | null;
  readonly updated_at: Date;
}

interface SummaryItem {
  readonly id: string;
  readonly product: { readonly id: string; readonly sku: string; readonly name: string; readonly category: string };
  readonly quantity: number;
  readonly unit_price: string;
  readonly cancelled_at: string | null;
}

interface SummaryPayment {
  readonly id: string;
  readonly kind: string;
  readonly method: string;
  readonly state: string;
  readonly amount: string;
  readonly created_at: string;
}

/** One line of GET /api/orders. */
export function orderListItem(order: OrderSummary): Record<string, unknown> {
  return {
    id: Number(order.order_id),
    number: `SO-${order.order_id.padStart(8, '0')}`,
    status: order.status,
    status_label: statusLabel(order),
    currency: order.currency,
    customer: { id: Number(order.customer_id), name: order.customer_name },
    item_count: order.item_count,
    total: formatMoney(order.total, order.currency),
    paid: formatMoney(order.paid, order.currency),
    placed_at: order.placed_at,
  };
}

/** The answer of GET /api/orders/:id. */
export function orderDetail(order: OrderSummary): Record<string, unknown> {
  const money = (decimal: string): string => formatMoney(decimal, order.currency);
  return {
    id: Number(order.order_id),
    number: `SO-${order.order_id.padStart(8, '0')}`,
    status: order.status,
    status_label: statusLabel(order),
    currency: order.currency,
    customer: {
      id: Number(order.customer_id),
      name: order.customer_name,
      email: order.customer_email,
      company: order.customer_company,
      vip: order.customer_vip,
    },
    items: order.items.map((item) => ({
      id: Number(item.id),
      product: {
        id: Number(item.product.id),
        sku: item.product.sku,
        name: item.product.name,
        category: item.product.category,
      },
      quantity: item.quantity,
      unit_price: money(item.unit_price),
      line_total: money(minorToDecimal(decimalToMinor(item.unit_price) * BigInt(item.quantity))),
      ...(item.cancelled_at === null ? {} : { cancelled_at: item.cancelled_at }),
    })),
    item_count: order.item_count,
    subtotal: money(order.subtotal),
    discount_percent: Number(order.discount_percent),
    discount: money(order.discount),
    shipping_fee: money(order.shipping_fee),
    total: money(order.total),
    paid: money(order.paid),
    balance: money(minorToDecimal(decimalToMinor(order.total) - decimalToMinor(order.paid))),
    payments: order.payments.map((payment) => ({
      id: Number(payment.id),
      kind: payment.kind,
      method: payment.method,
      state: payment.state,
      amount: money(payment.amount),
      created_at: payment.created_at,
    })),
    shipping_address: order.shipping_address,
    note: order.note,
    placed_at: order.placed_at,
    shipped_at: order.shipped_at,
    ...(order.tracking_code ? { tracking_code: order.tracking_code } : {}),
    cancelled_at: order.cancelled_at,
    updated_at: order.updated_at,
  };
}

function statusLabel(order: OrderSummary): string {
  if (order.status === 'placed') return decimalToMinor(order.paid) > 0n ? 'Partly paid' : 'Awaiting payment';
  return order.status.charAt(0).toUpperCase() + order.status.slice(1);
}
