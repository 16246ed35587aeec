import { Agent, request } from 'undici';
import { startPaced, type PacedWork } from './paced-work.ts';

const statuses = ['draft', 'placed', 'paid', 'shipped', 'cancelled', 'refunded'];
const currencies = ['EUR', 'USD', 'GBP', 'JPY'];
const sorts = ['placed_at', '-placed_at', 'id', '-id'];

export interface Readers extends PacedWork {
  /** How often every order has been asked for. */
  readonly passes: number;
}

/** Asks for every order in turn, for pages of lists in between, and for one order now and then. */
export function startReaders(proxy: string, orders: readonly number[], often: number, perSecond: number): Readers {
  const agent = new Agent({ connections: 24 });
  let asked = 0;
  let next = 0;
  const work = startPaced(perSecond, 24, async () => {
    asked += 1;
    const order = asked % 31 === 0 ? often : orders[next++ % orders.length];
    const target = asked % 5 === 0 ? listOf(asked) : `/api/orders/${order}`;
    const headers = { cookie: `shop_session=visitor-${asked % 50}` };
    const answer = await request(proxy + target, { dispatcher: agent, headers });
    await answer.body.dump();
    if (answer.statusCode !== 200 && answer.statusCode !== 404)
      throw new Error(`${target} answered ${answer.statusCode}`);
  });
  return {
    get done() {
      return work.done;
    },
    get passes() {
      return Math.floor(next / orders.length);
    },
    stop: async () => {
      await work.stop();
      await agent.close();
    },
  };
}

/** Every parameter that the list has, alone and with others. */
function listOf(n: number): string {
  const query = new URLSearchParams();
  if (n % 3 === 0) query.append('status', statuses[n % 6]!);
  if (n % 7 === 0) query.append('status', statuses[(n + 1) % 6]!);
  if (n % 4 === 0) query.set('currency', currencies[(n / 4) % 4]!);
  if (n % 11 === 0) query.set('customer_id', String(2 + (n % 100)));
  if (n % 13 === 0) query.set('q', 'an');
  if (n % 2 === 0) query.set('sort', sorts[(n / 2) % 4]!);
  if (n % 3 !== 0) query.set('page', String(1 + (n % 30)));
  query.set('per_page', String([5, 10, 25][n % 3]));
  return `/api/orders?${query.toString()}`;
}
