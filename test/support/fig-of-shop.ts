import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { expect } from 'vitest';
import { freePortNear } from '../../examples/shop/free-port.ts';
import { FigProcess } from './fig-process.ts';
import { sharedKafka } from './kafka-server.ts';
import type { MariadbShop, ShopKind } from './mariadb-shop.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';
import { until } from './until.ts';

export const mariadbConfig = fileURLToPath(new URL('../e2e/fixtures/mariadb.config.ts', import.meta.url));

export interface Answer {
  readonly text: string;
  readonly from: string;
  readonly reason: string | null;
}

/** A fig with a control store and a landing database of its own, behind the shop that it shares with others. */
export class FigOfShop implements AsyncDisposable {
  readonly shop: MariadbShop;
  readonly kind: ShopKind;
  readonly broker: string;
  readonly target: TestDatabase;
  readonly #env: NodeJS.ProcessEnv;
  readonly #folder: string;
  #landings: TestDatabase[];
  fig!: FigProcess;

  private constructor(
    parts: Pick<FigOfShop, 'shop' | 'kind' | 'broker' | 'target'>,
    env: NodeJS.ProcessEnv,
    landing: TestDatabase,
    folder: string,
  ) {
    ({ shop: this.shop, kind: this.kind, broker: this.broker, target: this.target } = parts);
    this.#env = env;
    this.#landings = [landing];
    this.#folder = folder;
  }

  /** `env`: beside what the config needs. */
  static async start(shop: MariadbShop, kind: ShopKind, env: NodeJS.ProcessEnv = {}): Promise<FigOfShop> {
    const [broker, target, landing, folder] = await Promise.all([
      sharedKafka(),
      createTestDatabase(),
      createTestDatabase(),
      mkdtemp(join(tmpdir(), 'fig-of-shop-')),
    ]);
    const made = new FigOfShop({ shop, kind, broker, target }, env, landing, folder);
    await made.restart();
    return made;
  }

  get landing(): TestDatabase {
    return this.#landings.at(-1)!;
  }

  environment(): NodeJS.ProcessEnv {
    return {
      LEGACY_URL: this.shop.app.url.origin,
      LEGACY_DATABASE_URL: this.shop.url,
      FIG_DATABASE_URL: this.target.url,
      FIG_LANDING_URL: this.landing.url,
      FIG_KAFKA_BROKERS: this.broker,
      FIG_PREFIX: this.shop.prefix,
      FIG_CONNECTOR: JSON.stringify(this.kind.properties),
      ...this.#env,
    };
  }

  async restart(): Promise<void> {
    await this.fig?.stop();
    this.fig = FigProcess.start(this.#folder, mariadbConfig, await freePortNear(0), this.environment());
    await this.fig.ready();
  }

  /** As docs/mysql-family.md says: what the connector sends under another prefix, into an empty database. */
  async landAnew(): Promise<void> {
    this.#landings = [...this.#landings, await createTestDatabase()];
    await this.restart();
  }

  async ask(id: number, user = 'somebody', method = 'GET', action = ''): Promise<Answer> {
    const answer = await fetch(`${this.fig.proxy}/api/orders/${id}${action}`, { method, headers: { 'x-user': user } });
    const text = await answer.text();
    return { text, from: JSON.parse(text).from ?? 'legacy', reason: answer.headers.get('x-fig-reason') };
  }

  async stepTo(reads: string): Promise<void> {
    const client = await this.fig.client();
    while ((await this.fig.status()).features[0]?.reads !== reads) {
      const moved = await client.promote('orders', { who: 'the test', why: 'the test', force: true });
      expect(moved.value.moved, moved.value.reason).toBe(true);
    }
  }

  async untilReady(): Promise<void> {
    await until(
      'the read model is ready',
      async () => {
        const { features } = await this.fig.status();
        if (features[0]?.readModel?.state === 'ready') return true;
        throw new Error(`${JSON.stringify(features[0])}\n${this.fig.output}`);
      },
      120_000,
    );
  }

  async untilRight(): Promise<void> {
    await until(
      'all of it is in the read model',
      async () => {
        expect(await this.rows()).toEqual(await this.everyTruth());
        return true;
      },
      60_000,
    );
  }

  async untilServed(id = 50): Promise<void> {
    await until(
      'reads are served from the read model',
      async () => {
        const { from, reason } = await this.ask(id, 'reader');
        if (from === 'candidate') return true;
        throw new Error(`${reason}\n${JSON.stringify((await this.fig.status()).capture)}\n${this.fig.output}`);
      },
      60_000,
    );
  }

  /** How often each came of what was compared. */
  async verdicts(): Promise<Readonly<Record<string, number>>> {
    const found = await query<{ name: string; n: number }>(
      this.target.url,
      `SELECT trim(verdict || ' ' || reason) AS name, sum(count)::int AS n FROM fig.evidence_verdict GROUP BY 1`,
    );
    return Object.fromEntries(found.map(({ name, n }) => [name, n]));
  }

  /** Every order, asked of the read model itself. */
  async rows(): Promise<readonly unknown[]> {
    const found = await query<{ placed_at: string }>(
      this.target.url,
      'SELECT id, status, customer, placed_at, items FROM rm_order_view_v1.order_view ORDER BY id',
    );
    return found.map(({ placed_at: placedAt, ...rest }) => ({ ...rest, placedAt }));
  }

  async everyTruth(): Promise<readonly unknown[]> {
    const [found] = await this.shop.pool.query('SELECT id FROM orders ORDER BY id');
    return Promise.all((found as { id: number }[]).map(({ id }) => this.#truth(id)));
  }

  async #truth(id: number): Promise<unknown> {
    const answer = await fetch(`${this.shop.app.url.origin}/api/orders/${id}`);
    const { from: _, ...order } = (await answer.json()) as { from: string };
    return order;
  }

  async wreck(id: number): Promise<void> {
    await query(this.target.url, `UPDATE rm_order_view_v1.order_view SET status = 'lost' WHERE id = ${id}`);
  }

  /** Nothing lands until it is disposed of, and what was about to waits inside its transaction. */
  async holdLanding(): Promise<AsyncDisposable> {
    const client = new Client({ connectionString: this.landing.url });
    await client.connect();
    await client.query('BEGIN; LOCK TABLE fig_landing.place IN EXCLUSIVE MODE');
    return { [Symbol.asyncDispose]: () => client.end() };
  }

  landed<T extends object>(sql: string): Promise<readonly T[]> {
    return query<T>(this.landing.url, sql);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fig[Symbol.asyncDispose]();
    await this.target[Symbol.asyncDispose]();
    for (const landing of this.#landings) await landing[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function query<T extends object>(url: string, sql: string): Promise<readonly T[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}
