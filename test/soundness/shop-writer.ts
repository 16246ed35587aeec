import type { Knex } from 'knex';
import { startPaced, type PacedWork } from './paced-work.ts';

/** Rows that keep their values, and what is shown with them. */
export interface Spared {
  readonly orderId: number;
  readonly customerId: number;
  readonly productIds: readonly number[];
}

/** What the spared order shows of other rows must not change either, or it would be built anew. */
export async function spare(legacy: Knex, orderId: number): Promise<Spared> {
  const order: { customer_id: string } = await legacy('orders').where({ id: orderId }).first('customer_id');
  const items: string[] = await legacy('order_items').where({ order_id: orderId }).pluck('product_id');
  return { orderId, customerId: Number(order.customer_id), productIds: items.map(Number) };
}

/** Writes of every kind that the read model follows, among them values that change and change back within milliseconds. */
export class ShopWriter {
  readonly #legacy: Knex;
  readonly #spared: Spared;
  readonly #size: { readonly customers: number; readonly products: number };
  readonly #ids: number[];
  #writes = 0;

  constructor(legacy: Knex, ids: readonly number[], spared: Spared, size: { customers: number; products: number }) {
    this.#legacy = legacy;
    this.#spared = spared;
    this.#size = size;
    this.#ids = ids.filter((id) => id !== spared.orderId);
  }

  start(perSecond: number): PacedWork {
    return startPaced(perSecond, 6, () => this.#write());
  }

  /** An order that exists, or did until a moment ago. */
  anyOrder(): number {
    return this.#ids[Math.floor(Math.random() * this.#ids.length)]!;
  }

  async #write(): Promise<void> {
    const dice = Math.random();
    this.#writes += 1;
    const n = this.#writes;
    const sql = this.#legacy;
    if (dice < 0.3)
      await sql('orders')
        .where({ id: this.anyOrder() })
        .update({ note: `note ${n}`, updated_at: sql.fn.now() });
    else if (dice < 0.5) await this.#flip();
    else if (dice < 0.65) await this.#changeItem({ quantity: 1 + (n % 7) });
    else if (dice < 0.73) await this.#changeItem({ cancelled_at: n % 2 === 0 ? null : sql.fn.now() });
    else if (dice < 0.83) await this.#pay();
    else if (dice < 0.88) await sql('payments').where({ order_id: this.anyOrder() }).delete();
    else if (dice < 0.945) await this.#place(n);
    else if (dice < 0.9965) await this.#remove();
    else if (dice < 0.9995) await this.#renameCustomer(n);
    else await this.#renameProduct(n);
  }

  /** Of the same few orders, so that one is there and back again while it is being compared. */
  async #flip(): Promise<void> {
    const id = this.#ids[Math.floor(Math.random() * Math.min(4, this.#ids.length))]!;
    await this.#legacy.raw(
      `UPDATE orders SET status = CASE status WHEN 'paid' THEN 'shipped' ELSE 'paid' END::order_status WHERE id = ?`,
      [id],
    );
  }

  async #changeItem(change: Record<string, unknown>): Promise<void> {
    const item = this.#legacy('order_items').where({ order_id: this.anyOrder() }).orderBy('id').limit(1).select('id');
    await this.#legacy('order_items').whereIn('id', item).update(change);
  }

  async #pay(): Promise<void> {
    const row = { order_id: this.anyOrder(), kind: 'payment', method: 'card', state: 'captured', amount: '2.00' };
    // The order may be gone by now.
    await this.#legacy.raw(
      `INSERT INTO payments (order_id, kind, method, state, amount)
       SELECT o.id, :kind, :method, :state, :amount FROM orders o WHERE o.id = :order_id FOR KEY SHARE`,
      row,
    );
  }

  async #place(n: number): Promise<void> {
    const id = await this.#legacy.transaction(async (tx) => {
      const order = { customer_id: this.#customer(n), currency: ['EUR', 'USD', 'GBP', 'JPY'][n % 4], status: 'placed' };
      const [row] = (await tx('orders').insert(order).returning('id')) as { id: string }[];
      for (let i = 0; i <= n % 3; i += 1) {
        await tx('order_items').insert({
          order_id: row!.id,
          product_id: this.#product(n + i),
          quantity: 1 + i,
          unit_price: 10,
        });
      }
      return Number(row!.id);
    });
    this.#ids.push(id);
  }

  async #remove(): Promise<void> {
    // The first few are the ones that flip.
    if (this.#ids.length < 50) return;
    const index = 8 + Math.floor(Math.random() * (this.#ids.length - 8));
    const [id] = this.#ids.splice(index, 1);
    await this.#legacy('orders').where({ id }).delete();
  }

  async #renameCustomer(n: number): Promise<void> {
    await this.#legacy('customers')
      .where({ id: this.#customer(n) })
      .update({ name: `Customer ${n}`, vip: n % 2 === 0 });
  }

  async #renameProduct(n: number): Promise<void> {
    await this.#legacy('products')
      .where({ id: this.#product(n) })
      .update({ name: `Product ${n}` });
  }

  #customer(n: number): number {
    const id = 1 + (n % this.#size.customers);
    return id === this.#spared.customerId ? this.#customer(n + 1) : id;
  }

  #product(n: number): number {
    const id = 1 + (n % this.#size.products);
    return this.#spared.productIds.includes(id) ? this.#product(n + 1) : id;
  }
}
