import type { Knex } from 'knex';
import { Client } from 'pg';

/** Numbers from 0 up to, not including, 1; the same ones for the same seed. Source: Tommy Ettinger, mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export async function seedOrders(legacy: Knex, orders: number): Promise<void> {
  await legacy.raw(`INSERT INTO customers (name, mood) SELECT 'customer ' || n, 'calm' FROM generate_series(1, 20) n`);
  await legacy.raw(
    `INSERT INTO orders (customer_id, note, amount, big)
     SELECT 1 + n % 20, 'note ' || n, n * 12345678901234567.0123456789, '{"n": 12345678901234567890}'
       FROM generate_series(1, ?) n`,
    [orders],
  );
  await legacy.raw('INSERT INTO items SELECT id, line, id * line * 0.01 FROM orders, generate_series(1, 3) line');
}

interface Transaction {
  /** `?` stand for the values. */
  raw(sql: string, values?: readonly unknown[]): Promise<unknown>;
}

type Step = (tx: Transaction, random: () => number) => Promise<unknown>;

const anOrder = '(SELECT id FROM orders ORDER BY md5(id::text || ?) LIMIT 1)';

/** What a busy and careless legacy app does. Each step stands for itself and may find nothing to do. */
const steps: readonly Step[] = [
  (tx, random) => tx.raw(`UPDATE orders SET note = ? WHERE id = ${anOrder}`, [`note ${random()}`, String(random())]),
  (tx, random) => tx.raw(`UPDATE orders SET amount = amount + 1 WHERE id % 7 = ?::int`, [Math.floor(random() * 7)]),
  (tx, random) =>
    tx.raw(`UPDATE customers SET name = ?, mood = 'busy' WHERE id = ?::bigint`, [
      `c ${random()}`,
      1 + Math.floor(random() * 20),
    ]),
  (tx, random) => tx.raw(`DELETE FROM orders WHERE id = ${anOrder}`, [String(random())]),
  (tx, random) =>
    tx.raw(
      `WITH o AS (INSERT INTO orders (customer_id, note, amount) VALUES (?::bigint, 'new', ?::numeric) RETURNING id)
       INSERT INTO items SELECT id, line, 0.1 FROM o, generate_series(1, 2) line`,
      [1 + Math.floor(random() * 20), String(random())],
    ),
  // The key itself changes, with a value that is too large to be sent again.
  (tx, random) =>
    tx.raw(`UPDATE items SET line = line + 100 WHERE order_id = ${anOrder} AND line < 100`, [String(random())]),
  (tx, random) =>
    tx.raw(
      `UPDATE orders SET note = (SELECT string_agg(md5(n::text || ?), '') FROM generate_series(1, 300) n) WHERE id = ${anOrder}`,
      [String(random()), String(random())],
    ),
  (tx, random) =>
    random() < 0.1 ? tx.raw('TRUNCATE items') : tx.raw('UPDATE items SET price = price + 0.01 WHERE line = 1'),
  async (tx) => {
    await tx.raw('SAVEPOINT careless');
    await tx.raw('UPDATE orders SET amount = -1');
    await tx.raw('ROLLBACK TO SAVEPOINT careless');
  },
];

/** Commits, or now and then rolls back, one transaction of one to four steps. */
async function commitSome(client: Client, random: () => number): Promise<void> {
  const raw: Transaction['raw'] = (sql, values = []) => {
    let n = 0;
    return client.query(
      sql.replaceAll('?', () => `$${(n += 1)}::text`),
      values.map(String),
    );
  };
  await client.query('BEGIN');
  const count = 1 + Math.floor(random() * 4);
  for (let n = 0; n < count; n += 1) await steps[Math.floor(random() * steps.length)]!({ raw }, random);
  await client.query(random() < 0.1 ? 'ROLLBACK' : 'COMMIT');
}

/** Keeps committing until it is stopped; survives a server that goes away. */
export class Writer {
  readonly #url: string;
  readonly #done: Promise<void>;
  readonly #pauseMs: () => number;
  #stopped = false;
  committed = 0;

  /** As fast as a busy app by default, not as fast as the machine. */
  constructor(url: string, random: () => number, pauseMs: () => number = () => 4) {
    this.#url = url;
    this.#pauseMs = pauseMs;
    this.#done = this.#run(random);
    this.#done.catch(() => undefined); // `stop` tells.
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #run(random: () => number): Promise<void> {
    while (!this.#stopped) {
      const client = new Client({ connectionString: this.#url, connectionTimeoutMillis: 2_000, query_timeout: 20_000 });
      client.on('error', () => undefined); // The query that runs fails, and tells.
      try {
        await client.connect();
        while (!this.#stopped) {
          await commitSome(client, random);
          this.committed += 1;
          await pause(this.#pauseMs());
        }
      } catch (error) {
        if (!isOutage(error)) throw error;
        await pause(50);
      } finally {
        await client.end().catch(() => undefined); // It may be gone already.
      }
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

function isOutage(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return (
    /^(57P0\d|08\d\d\d|ECONN|EPIPE|40P01|40001)/.test(code ?? '') ||
    /terminated|ended|Connection|timeout/i.test(message ?? '')
  );
}
