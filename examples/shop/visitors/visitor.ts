import type { ShopAnswer, ShopClient } from './shop-client.ts';

export interface VisitorStats {
  requests: number;
  /** Answers 5xx, answers of an unexpected status, and requests without an answer. */
  errors: number;
  /** Read-backs of one's own write that showed the state before it. */
  staleReads: number;
}

/** What the visitors know of the shop's size. */
export interface ShopSize {
  orders: number;
  products: number;
}

interface OwnOrder {
  readonly id: number;
  readonly itemIds: readonly number[];
}

const statuses = ['draft', 'placed', 'paid', 'shipped', 'cancelled', 'refunded'];
const currencies = ['EUR', 'USD', 'GBP', 'JPY'];
const searches = ['an', 'ro', 'Müller', 'zo', 'quinn', 'ab', "O'", 'er', 'in', 'é'];
const sorts = ['placed_at', '-placed_at', 'id', '-id', '-placed_at', 'total', '-total'];

/** Somebody who looks at orders most of the time, and now and then places, changes or cancels one of their own. */
export class Visitor {
  readonly #client: ShopClient;
  readonly #customerId: number;
  readonly #stats: VisitorStats;
  readonly #size: ShopSize;
  #own: OwnOrder[] = [];
  #loggedIn = false;
  #notes = 0;

  constructor(client: ShopClient, customerId: number, stats: VisitorStats, size: ShopSize) {
    this.#client = client;
    this.#customerId = customerId;
    this.#stats = stats;
    this.#size = size;
  }

  /** One thing to do: one request, or a write and the look at what became of it. Rejects with ShopUnreachable. */
  async act(): Promise<void> {
    if (!this.#loggedIn) return this.#logIn();
    const dice = Math.random();
    if (dice < 0.45) return this.#lookAtOrder();
    if (dice < 0.78) return this.#listOrders();
    if (dice < 0.85) return this.#lookAround();
    if (dice < 0.87) return this.#lookAtStatistics();
    const own = this.#own.at(-1);
    if (own === undefined || dice < 0.92) return this.#placeOrder();
    if (dice < 0.97) return this.#changeOrder(own);
    return this.#cancelOrder(own);
  }

  async #logIn(): Promise<void> {
    const answer = await this.#send([200], 'POST', '/login', { customer_id: this.#customerId });
    this.#loggedIn = answer.status === 200;
  }

  async #lookAtOrder(): Promise<void> {
    const id = Math.random() < 0.03 ? this.#size.orders + upTo(1_000_000) : upTo(this.#size.orders);
    await this.#send([200, 404], 'GET', `/api/orders/${id}`);
  }

  async #listOrders(): Promise<void> {
    const query = new URLSearchParams();
    if (chance(0.4)) query.append('status', pick(statuses));
    if (chance(0.1)) query.append('status', pick(statuses));
    if (chance(0.3)) query.set('currency', pick(currencies));
    if (chance(0.2)) query.set('q', pick(searches));
    if (chance(0.15)) query.set('customer_id', String(chance(0.5) ? this.#customerId : upTo(2_000)));
    // Sorting by total is slow in the shop: people have learned to do it seldom.
    if (chance(0.5)) query.set('sort', pick(chance(0.1) ? sorts : sorts.slice(0, 5)));
    if (chance(0.7)) query.set('page', String(upTo(40)));
    if (chance(0.3)) query.set('per_page', String(pick([5, 10, 25, 50])));
    await this.#send([200], 'GET', `/api/orders${query.size > 0 ? `?${query.toString()}` : ''}`);
  }

  async #lookAround(): Promise<void> {
    const path = pick([
      '/',
      '/products',
      `/products?category=${pick(['kitchen', 'office', 'outdoor', 'workshop'])}`,
      `/api/products?page=${upTo(20)}`,
      `/api/products/${upTo(this.#size.products)}`,
      `/api/products/${upTo(this.#size.products)}`,
      `/api/customers/${this.#customerId}`,
      '/api/me',
      `/orders/${upTo(this.#size.orders)}`,
      `/export/orders.csv?limit=${upTo(200)}`,
    ]);
    await this.#send([200, 404], 'GET', path);
  }

  /** What `FIG_SHOP_EVENTS=1` makes a feature of: its answer is another one after each cancellation, and so another comparison. */
  async #lookAtStatistics(): Promise<void> {
    await this.#send([200], 'GET', '/api/stats/cancellations');
  }

  async #placeOrder(): Promise<void> {
    const items = Array.from({ length: upTo(4) }, () => ({ product_id: upTo(this.#size.products), quantity: upTo(3) }));
    const answer = await this.#send([201, 422], 'POST', '/api/orders', {
      currency: pick(currencies),
      items,
      note: chance(0.3) ? 'Thank you!' : null,
    });
    // Some products are no longer sold.
    if (answer.status !== 201) return;
    const id = Number(answer.body?.['id']);
    const lines: unknown = answer.body?.['items'];
    const itemIds = Array.isArray(lines) ? lines.map((line: { id: unknown }) => Number(line.id)) : [];
    this.#own = [...this.#own.slice(-9), { id, itemIds }];
    this.#size.orders = Math.max(this.#size.orders, id);
    if (chance(0.3)) {
      const list = await this.#send([200], 'GET', `/api/orders?customer_id=${this.#customerId}&sort=-id&per_page=5`);
      const found: unknown = list.body?.['items'];
      if (list.status !== 200) return;
      this.#noteStale(!(Array.isArray(found) && found.some((order: { id: unknown }) => order.id === id)));
    } else {
      const order = await this.#send([200, 404], 'GET', `/api/orders/${id}`);
      this.#noteStale(order.status === 404);
    }
  }

  async #changeOrder(own: OwnOrder): Promise<void> {
    this.#notes += 1;
    const note = `Change ${this.#notes} of ${this.#customerId}`;
    const itemId = pick(own.itemIds);
    const quantity = own.itemIds.length > 1 && chance(0.3) ? 0 : upTo(5);
    const answer = await this.#send([200], 'PATCH', `/api/orders/${own.id}`, {
      note,
      ...(chance(0.5) ? { items: [{ id: itemId, quantity }] } : {}),
    });
    if (answer.status !== 200) return this.#forget(own);
    const order = await this.#send([200, 404], 'GET', `/api/orders/${own.id}`);
    if (order.status < 500) this.#noteStale(order.body?.['note'] !== note);
  }

  async #cancelOrder(own: OwnOrder): Promise<void> {
    this.#forget(own);
    const answer = await this.#send([200], 'POST', `/api/orders/${own.id}/cancel`);
    if (answer.status !== 200) return;
    const order = await this.#send([200, 404], 'GET', `/api/orders/${own.id}`);
    if (order.status < 500) this.#noteStale(order.body?.['status'] !== 'cancelled');
  }

  #forget(own: OwnOrder): void {
    this.#own = this.#own.filter((order) => order !== own);
  }

  #noteStale(stale: boolean): void {
    if (stale) this.#stats.staleReads += 1;
  }

  async #send(
    expected: readonly number[],
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    body?: unknown,
  ): Promise<ShopAnswer> {
    this.#stats.requests += 1;
    try {
      const answer = await this.#client.send(method, path, body);
      if (!expected.includes(answer.status)) this.#stats.errors += 1;
      // The session is gone, for instance because the shop was seeded anew.
      if (answer.status === 401) this.#loggedIn = false;
      return answer;
    } catch (error) {
      this.#stats.errors += 1;
      throw error;
    }
  }
}

function upTo(highest: number): number {
  return 1 + Math.floor(Math.random() * highest);
}

function chance(probability: number): boolean {
  return Math.random() < probability;
}

function pick<T>(values: readonly T[]): T {
  return values[Math.floor(Math.random() * values.length)]!;
}
