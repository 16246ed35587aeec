import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import knexModule, { type Knex } from 'knex';
import { freePortNear } from '../../examples/shop/free-port.ts';
import { createSchema } from '../../examples/shop/legacy/schema.ts';
import { seedShop } from '../../examples/shop/legacy/seed.ts';
import { startShop } from '../../examples/shop/legacy/start-shop.ts';
import { readModelNames } from '../../src/store/read-model-names.ts';
import { FigProcess } from './fig-process.ts';
import { createStoreDatabase, createTestDatabase, type TestDatabase } from './test-database.ts';
import { until } from './until.ts';

export const shopConfig = fileURLToPath(new URL('../../examples/shop/fig.config.ts', import.meta.url));

/** The example shop on a database of its own, ready to have fig started in front of it. */
export class ShopUnderFig implements AsyncDisposable {
  readonly legacy: Knex;
  readonly target: Knex;
  readonly shopUrl: string;
  readonly folder: string;
  readonly #closers: (() => unknown)[];
  readonly #databases: { legacy: TestDatabase; target: TestDatabase };

  private constructor(
    parts: { legacy: Knex; target: Knex; shopUrl: string; folder: string },
    databases: { legacy: TestDatabase; target: TestDatabase },
    closers: (() => unknown)[],
  ) {
    this.legacy = parts.legacy;
    this.target = parts.target;
    this.shopUrl = parts.shopUrl;
    this.folder = parts.folder;
    this.#databases = databases;
    this.#closers = closers;
  }

  static async create(orders: number): Promise<ShopUnderFig> {
    const databases = { legacy: await createTestDatabase(), target: await createStoreDatabase() };
    const legacy = knexModule({ client: 'pg', connection: databases.legacy.url, pool: { min: 0, max: 6 } });
    const target = knexModule({ client: 'pg', connection: databases.target.url, pool: { min: 0, max: 4 } });
    await createSchema(legacy);
    await seedShop(legacy, { customers: 120, products: 60, orders });
    const shop = await startShop({ database: databases.legacy.url, host: '127.0.0.1', port: 0 });
    const folder = await mkdtemp(join(tmpdir(), 'fig-e2e-'));
    return new ShopUnderFig({ legacy, target, shopUrl: shop.url, folder }, databases, [
      () => shop[Symbol.asyncDispose](),
      () => legacy.destroy(),
      () => target.destroy(),
      () => databases.legacy[Symbol.asyncDispose](),
      () => databases.target[Symbol.asyncDispose](),
      () => rm(folder, { recursive: true, force: true }),
    ]);
  }

  get legacyUrl(): string {
    return this.#databases.legacy.url;
  }

  get targetUrl(): string {
    return this.#databases.target.url;
  }

  /** Starts `fig up`; it serves when this resolves, its read model may still be on its way. */
  async startFig(version: 1 | 2, config = shopConfig, env: NodeJS.ProcessEnv = {}): Promise<FigProcess> {
    const fig = FigProcess.start(this.folder, config, await freePortNear(0), {
      LEGACY_URL: this.shopUrl,
      LEGACY_DATABASE_URL: this.#databases.legacy.url,
      FIG_DATABASE_URL: this.#databases.target.url,
      FIG_SHOP_VERSION: String(version),
      ...env,
    });
    await fig.ready();
    return fig;
  }

  async untilReadModelReady(fig: FigProcess): Promise<void> {
    await until(
      'the read model is ready',
      async () => {
        const { features } = await fig.status();
        if (features[0]?.readModel?.state === 'ready') return true;
        throw new Error(`${JSON.stringify(features[0])}\n${fig.output}`);
      },
      60_000,
    );
  }

  /** Rows of the read model as text, in key order. */
  async readModelRows(version: 1 | 2): Promise<readonly string[]> {
    const { schema } = readModelNames({ name: 'order_summary', version });
    return textRows(await this.target.raw(`SELECT t::text AS row FROM ${schema}.order_summary t ORDER BY order_id`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closers) await close();
  }
}

export function textRows(result: unknown): readonly string[] {
  return (result as { rows: { row: string }[] }).rows.map(({ row }) => row);
}
