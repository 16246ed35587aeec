import type { SeededRandom } from './random.ts';
import { adjectives, cities, companies, firstNames, lastNames, notes, nouns, streets } from './vocabulary.ts';

// Nothing here touches the database: the rows of the shop as a function of their number.

export type Row = Readonly<Record<string, unknown>>;

interface PricedProduct {
  readonly id: number;
  /** Hundredths of a euro. */
  readonly cents: number;
}

export interface OrderRows {
  readonly order: Row;
  readonly items: readonly Row[];
  readonly payments: readonly Row[];
}

/** Orders that tests and tours may count on, all of customer 1 (by id). */
export const fixedOrders = {
  draft: 1,
  placed: 2,
  paid: 3,
  shipped: 4,
  cancelled: 5,
  refunded: 6,
  yen: 7,
  cancelledItem: 8,
} as const;

const firstDay = Date.UTC(2024, 0, 1);
const daysOfTrade = 700;
const rates = { EUR: 1, USD: 1.08, GBP: 0.85, JPY: 162 } as const;
type Currency = keyof typeof rates;

export function customerRow(random: SeededRandom, id: number): Row {
  const name = `${random.pick(firstNames)} ${random.pick(lastNames)}`;
  return {
    id,
    email: `customer${id}@example.com`,
    name,
    company: random.chance(0.2) ? random.pick(companies) : null,
    phone: random.chance(0.6) ? `+49 30 ${random.between(100_000, 999_999)}` : null,
    country: random.pick(cities)[1],
    vip: random.chance(0.05),
    created_at: instant(random, 0),
  };
}

export function productRow(random: SeededRandom, id: number): Row & PricedProduct {
  const [category, names] = random.pick(Object.entries(nouns));
  const noun = random.pick<string>(names);
  const cents = random.between(3, 240) * 100 - random.pick([1, 5, 50, 100]);
  return {
    id,
    sku: `${category.slice(0, 3).toUpperCase()}-${String(id).padStart(5, '0')}`,
    name: `${random.pick(adjectives)} ${noun}`,
    description: `A ${noun.toLowerCase()} that lasts.`,
    category,
    price: decimal(cents),
    active: random.chance(0.95),
    created_at: instant(random, 0),
    cents,
  };
}

/** An order with its lines and payments. `itemId` and `paymentId` are the ids that follow the ones used so far. */
export function orderRows(
  random: SeededRandom,
  id: number,
  customers: number,
  products: readonly PricedProduct[],
  next: { itemId: number; paymentId: number },
): OrderRows {
  const fixed = Object.entries(fixedOrders).find(([, fixedId]) => fixedId === id)?.[0];
  const status = fixedStatus(fixed) ?? randomStatus(random);
  const currency: Currency =
    fixed === 'yen'
      ? 'JPY'
      : random.weighted([
          ['EUR', 60],
          ['USD', 20],
          ['GBP', 12],
          ['JPY', 8],
        ] as const);
  const percent =
    fixed === 'yen'
      ? 7.5
      : random.weighted([
          [0, 72],
          [5, 10],
          [7.5, 6],
          [10, 8],
          [15, 4],
        ] as const);
  const day = fixed === undefined ? random.between(1, daysOfTrade) : id;
  const placed = instant(random, day);
  const city = random.pick(cities);
  const shippingFee = random.weighted([
    [0, 30],
    [490, 50],
    [1290, 20],
  ] as const);

  const lines = random.weighted([
    [1, 15],
    [2, 22],
    [3, 25],
    [4, 20],
    [5, 12],
    [6, 6],
  ] as const);
  const items: Row[] = [];
  let billable = 0;
  for (let line = 0; line < (fixed === 'cancelledItem' ? 3 : lines); line += 1) {
    const product = random.pick(products);
    const quantity = random.weighted([
      [1, 60],
      [2, 25],
      [3, 10],
      [12, 5],
    ] as const);
    const unit = inCurrency(product.cents, currency);
    // Now and then customer service cancels one line of an order: the first one, never the only one.
    const cancelled =
      line === 0 && lines > 1 && (fixed === undefined ? random.chance(0.06) : fixed === 'cancelledItem');
    if (!cancelled) billable += unit * quantity;
    items.push({
      id: next.itemId++,
      order_id: id,
      product_id: product.id,
      quantity,
      unit_price: decimal(unit),
      cancelled_at: cancelled ? instant(random, day + 1) : null,
    });
  }

  const fee = inCurrency(shippingFee, currency);
  const step = currency === 'JPY' ? 100 : 1;
  const total = billable - Math.round((billable * percent) / 100 / step) * step + fee;
  const payments = paymentsOf(random, id, status, total, step, day, next);
  const order = {
    id,
    customer_id: fixed === undefined ? random.between(Math.min(2, customers), customers) : 1,
    status,
    currency,
    discount_percent: percent.toFixed(2),
    shipping_fee: decimal(fee),
    shipping_address: random.chance(0.9)
      ? {
          line1: `${random.pick(streets)} ${random.between(1, 199)}`,
          city: city[0],
          postcode: String(random.between(10_000, 99_999)),
          country: city[1],
        }
      : null,
    note: random.chance(0.15) ? random.pick(notes) : null,
    tracking_code: status === 'shipped' || status === 'refunded' ? `TRK${String(id * 7919).padStart(10, '0')}` : null,
    placed_at: placed,
    shipped_at: status === 'shipped' || status === 'refunded' ? instant(random, day + 2) : null,
    cancelled_at: status === 'cancelled' ? instant(random, day + 1) : null,
    updated_at: placed,
  };
  return { order, items, payments };
}

function paymentsOf(
  random: SeededRandom,
  orderId: number,
  status: string,
  total: number,
  step: number,
  day: number,
  next: { paymentId: number },
): Row[] {
  const rows: Row[] = [];
  const add = (kind: string, state: string, cents: number): void => {
    if (cents <= 0) return;
    rows.push({
      id: next.paymentId++,
      order_id: orderId,
      kind,
      method: random.pick(['card', 'card', 'invoice', 'transfer']),
      state,
      amount: decimal(cents),
      created_at: instant(random, day),
    });
  };
  if (status === 'draft') return rows;
  if (random.chance(0.05)) add('payment', 'failed', total);
  if (status === 'placed') {
    if (random.chance(0.2)) add('payment', 'captured', Math.floor(total / 2 / step) * step);
    else if (random.chance(0.5)) add('payment', 'pending', total);
    return rows;
  }
  const paid = status !== 'cancelled' || random.chance(0.5);
  if (paid) add('payment', 'captured', total);
  if (status === 'refunded' || (status === 'cancelled' && paid)) add('refund', 'captured', total);
  return rows;
}

function randomStatus(random: SeededRandom): string {
  return random.weighted([
    ['draft', 4],
    ['placed', 14],
    ['paid', 18],
    ['shipped', 51],
    ['cancelled', 8],
    ['refunded', 5],
  ] as const);
}

function fixedStatus(fixed: string | undefined): string | undefined {
  if (fixed === undefined) return undefined;
  return fixed === 'yen' ? 'placed' : fixed === 'cancelledItem' ? 'paid' : fixed;
}

function inCurrency(euroCents: number, currency: Currency): number {
  const cents = Math.round(euroCents * rates[currency]);
  return currency === 'JPY' ? Math.round(cents / 100) * 100 : cents;
}

/** A time on that day of trade, in microseconds, as PostgreSQL keeps it. */
function instant(random: SeededRandom, day: number): string {
  const at = new Date(firstDay + day * 86_400_000 + random.between(0, 86_399_999)).toISOString();
  return at.replace('Z', `${String(random.between(0, 999)).padStart(3, '0')}Z`);
}

function decimal(cents: number): string {
  return (cents / 100).toFixed(2);
}
