import type { Knex } from 'knex';
import { setUpLock } from './schema.ts';
import { SeededRandom } from './seed/random.ts';
import { customerRow, orderRows, productRow, type Row } from './seed/rows.ts';

export interface SeedProgress {
  /** The table that is being filled. */
  readonly table: string;
  /** Rows written so far and to be written, over all tables; the total is an estimate until the end. */
  readonly done: number;
  readonly total: number;
}

export interface SeedOptions {
  readonly customers?: number | undefined;
  readonly products?: number | undefined;
  readonly orders?: number | undefined;
  readonly onProgress?: ((progress: SeedProgress) => void) | undefined;
}

/** Sessions that exist from the start, for scripts and tests: a member of staff, and customer 1. */
export const seededSessions = { staff: 'demo-staff-session', customer: 'demo-customer-session' } as const;

const batchSize = 2_000;

/**
 * Fills an empty shop, in one transaction, always with the same rows. Does nothing when it was filled before.
 * Returns whether it did anything.
 */
export async function seedShop(knex: Knex, options: SeedOptions = {}): Promise<boolean> {
  const { customers = 2_400, products = 600, orders = 22_000, onProgress = () => undefined } = options;
  const seeded = await knex.transaction(async (tx) => {
    await tx.raw('SELECT pg_advisory_xact_lock(?)', [setUpLock]);
    if (await tx('shop_seed').where({ id: 1 }).first('id')) return false;
    const random = new SeededRandom(20_240_101);
    const writer = new BatchWriter(tx, customers + products + Math.round(orders * 5.1), onProgress);

    for (let id = 1; id <= customers; id += 1) await writer.add('customers', customerRow(random, id));
    await writer.flush('customers');

    const priced = [];
    for (let id = 1; id <= products; id += 1) {
      const { cents, ...row } = productRow(random, id);
      priced.push({ id, cents });
      await writer.add('products', row);
    }
    await writer.flush('products');

    const next = { itemId: 1, paymentId: 1 };
    for (let id = 1; id <= orders; id += 1) {
      const rows = orderRows(random, id, customers, priced, next);
      await writer.add('orders', rows.order);
      for (const item of rows.items) await writer.add('order_items', item);
      for (const payment of rows.payments) await writer.add('payments', payment);
    }
    for (const table of ['orders', 'order_items', 'payments']) await writer.flush(table);
    for (const table of ['customers', 'products', 'orders', 'order_items', 'payments']) {
      await tx.raw("SELECT setval(pg_get_serial_sequence(?, 'id'), (SELECT coalesce(max(id), 1) FROM ??))", [
        table,
        table,
      ]);
    }
    await tx('sessions').insert([
      { id: seededSessions.staff, customer_id: null, staff: true },
      { id: seededSessions.customer, customer_id: 1, staff: false },
    ]);
    await tx('shop_seed').insert({ id: 1 });
    writer.finish();
    return true;
  });
  if (seeded) await knex.raw('ANALYZE customers, products, orders, order_items, payments');
  return seeded;
}

/** Collects rows by table and writes them in batches, parents before children. */
class BatchWriter {
  readonly #tx: Knex.Transaction;
  readonly #total: number;
  readonly #onProgress: (progress: SeedProgress) => void;
  readonly #waiting = new Map<string, Row[]>();
  #done = 0;

  constructor(tx: Knex.Transaction, total: number, onProgress: (progress: SeedProgress) => void) {
    this.#tx = tx;
    this.#total = total;
    this.#onProgress = onProgress;
  }

  async add(table: string, row: Row): Promise<void> {
    const rows = this.#waiting.get(table) ?? [];
    this.#waiting.set(table, rows);
    rows.push(row);
    if (rows.length < batchSize) return;
    // Items and payments refer to orders, which may still be waiting.
    if (table === 'order_items' || table === 'payments') await this.flush('orders');
    await this.flush(table);
  }

  async flush(table: string): Promise<void> {
    const rows = this.#waiting.get(table) ?? [];
    if (rows.length === 0) return;
    this.#waiting.set(table, []);
    const columns = Object.keys(rows[0]!);
    const names = columns.map(() => '??').join(', ');
    await this.#tx.raw(`INSERT INTO ?? (${names}) SELECT ${names} FROM json_populate_recordset(NULL::??, ?::json)`, [
      table,
      ...columns,
      ...columns,
      table,
      JSON.stringify(rows),
    ]);
    this.#done += rows.length;
    this.#onProgress({ table, done: this.#done, total: Math.max(this.#total, this.#done) });
  }

  finish(): void {
    this.#onProgress({ table: 'payments', done: this.#done, total: this.#done });
  }
}
