import { setTimeout as delay } from 'node:timers/promises';
import { Agent } from 'undici';
import { Pace, backOffMs } from './pace.ts';
import { ShopClient, ShopUnreachable } from './shop-client.ts';
import { Visitor, type ShopSize, type VisitorStats } from './visitor.ts';

const mostVisitors = 40;
/** Customer 1 is left alone: its orders are the fixed ones of the tests. */
const firstCustomer = 2;

export interface Traffic {
  /** Grows while the visitors go on. */
  readonly stats: Readonly<VisitorStats>;
  /** Rejects when a visitor does something that nobody has thought of. */
  readonly done: Promise<void>;
  /** Lets running requests end. */
  stop(): Promise<void>;
}

/** Visitors of the shop at `url`, `rate` requests per second in all. */
export function startTraffic(url: string, rate: number): Traffic {
  const abort = new AbortController();
  const stats: VisitorStats = { requests: 0, errors: 0, staleReads: 0 };
  const done = runTraffic(url, rate, stats, abort);
  return {
    stats,
    done,
    stop: () => {
      abort.abort();
      return done;
    },
  };
}

async function runTraffic(url: string, rate: number, stats: VisitorStats, abort: AbortController): Promise<void> {
  const { signal } = abort;
  let unforeseen: unknown;
  const agent = new Agent({ connections: mostVisitors });
  const size: ShopSize = { orders: 1, products: 1 };
  const idle = Array.from(
    { length: mostVisitors },
    (_, index) => new Visitor(new ShopClient(url, agent), firstCustomer + index, stats, size),
  );
  const busy = new Set<Promise<void>>();
  const pace = new Pace(rate, Date.now());
  let failures = 0;
  let measured = false;

  async function act(visitor: Visitor): Promise<void> {
    const before = stats.requests;
    try {
      await visitor.act();
      failures = 0;
    } catch (error) {
      if (!(error instanceof ShopUnreachable)) throw error;
      failures += 1;
      pace.pauseUntil(Date.now() + backOffMs(failures));
    }
    // A write and its read-back are two requests, and the second was not known of when the first was due.
    if (stats.requests - before > 1) pace.spend(stats.requests - before - 1, Date.now());
    idle.push(visitor);
  }

  while (!signal.aborted) {
    const rest = pace.restMs(Date.now());
    if (rest > 0) {
      await delay(rest, undefined, { signal }).catch(() => undefined);
      continue;
    }
    pace.spend(1, Date.now());
    if (!measured) {
      measured = await measure(new ShopClient(url, agent), size);
      if (!measured) pace.pauseUntil(Date.now() + backOffMs((failures += 1)));
      continue;
    }
    // With everybody waiting for an answer the turn is lost: that bounds what a slow shop has to bear.
    const visitor = idle.splice(Math.floor(Math.random() * idle.length), 1)[0];
    if (!visitor) continue;
    const acting = act(visitor)
      .catch((error: unknown) => {
        unforeseen ??= error;
        abort.abort();
      })
      .finally(() => busy.delete(acting));
    busy.add(acting);
  }
  await Promise.all(busy);
  await agent.close();
  if (unforeseen !== undefined) throw unforeseen;
}

/** Learns how many orders and products there are to look at. False when the shop does not say. */
async function measure(client: ShopClient, size: ShopSize): Promise<boolean> {
  try {
    const orders = await client.send('GET', '/api/orders?sort=-id&per_page=1');
    const products = await client.send('GET', '/api/products?per_page=1');
    const newest: unknown = orders.body?.['items'];
    if (orders.status !== 200 || products.status !== 200 || !Array.isArray(newest)) return false;
    size.orders = Math.max(1, Number(newest[0]?.id ?? 1));
    size.products = Math.max(1, Number(products.body?.['total_count'] ?? 1));
    return true;
  } catch (error) {
    if (error instanceof ShopUnreachable) return false;
    throw error;
  }
}
