import { roundTo, toCents } from './money.ts';
import type { ItemRow, OrderRow, PaymentRow } from './order-rows.ts';

/** Amounts in hundredths of the currency's unit. */
export interface OrderTotals {
  readonly subtotal: number;
  readonly discount: number;
  readonly shippingFee: number;
  readonly total: number;
  readonly paid: number;
  readonly balance: number;
}

export function lineTotal(item: ItemRow): number {
  return toCents(item.unit_price) * item.quantity;
}

/** What the customer owes and has paid. list-orders.ts says the same in SQL: change both. */
export function orderTotals(order: OrderRow, items: readonly ItemRow[], payments: readonly PaymentRow[]): OrderTotals {
  let subtotal = 0;
  for (const item of items) {
    if (item.cancelled_at) continue;
    subtotal += lineTotal(item);
  }
  // The percentage in hundredths, so that the product is a whole number.
  const discount = roundTo((subtotal * toCents(order.discount_percent)) / 10_000, order.currency);
  const shippingFee = toCents(order.shipping_fee);
  const total = subtotal - discount + shippingFee;
  let paid = 0;
  for (const payment of payments) {
    if (payment.state !== 'captured') continue;
    paid += payment.kind === 'refund' ? -toCents(payment.amount) : toCents(payment.amount);
  }
  return { subtotal, discount, shippingFee, total, paid, balance: total - paid };
}

export function statusLabel(status: string, paid: number): string {
  if (status === 'placed') return paid > 0 ? 'Partly paid' : 'Awaiting payment';
  return status.charAt(0).toUpperCase() + status.slice(1);
}

export function orderNumber(id: string | number): string {
  return `SO-${String(id).padStart(8, '0')}`;
}
