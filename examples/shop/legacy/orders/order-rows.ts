// What the pg driver gives: bigint and numeric as text, timestamptz as Date.

export interface OrderRow {
  readonly id: string;
  readonly customer_id: string;
  readonly status: OrderStatus;
  readonly currency: string;
  readonly discount_percent: string;
  readonly shipping_fee: string;
  readonly shipping_address: Readonly<Record<string, string>> | null;
  readonly note: string | null;
  readonly tracking_code: string | null;
  readonly placed_at: Date;
  readonly shipped_at: Date | null;
  readonly cancelled_at: Date | null;
  readonly updated_at: Date;
}

export interface ItemRow {
  readonly id: string;
  readonly product_id: string;
  readonly quantity: number;
  readonly unit_price: string;
  readonly cancelled_at: Date | null;
}

export interface PaymentRow {
  readonly id: string;
  readonly kind: 'payment' | 'refund';
  readonly method: string;
  readonly state: 'pending' | 'captured' | 'failed';
  readonly amount: string;
  readonly created_at: Date;
}

export const orderStatuses = ['draft', 'placed', 'paid', 'shipped', 'cancelled', 'refunded'] as const;
export type OrderStatus = (typeof orderStatuses)[number];

export const currencies = ['EUR', 'USD', 'GBP', 'JPY'] as const;
