import knexFactory, { type Knex } from 'knex';
import { createSchema } from '../../examples/shop/legacy/schema.ts';
import { seedShop, type SeedOptions } from '../../examples/shop/legacy/seed.ts';
import { startShop, type RunningShop } from '../../examples/shop/legacy/start-shop.ts';
import { createTestDatabase } from '../support/test-database.ts';

export interface SeededShop extends AsyncDisposable {
  readonly databaseUrl: string;
  readonly knex: Knex;
  readonly shop: RunningShop;
}

/** The shop, running on a database of its own with a few hundred orders unless told otherwise. */
export async function createSeededShop(options: SeedOptions = {}): Promise<SeededShop> {
  const database = await createTestDatabase();
  const knex = knexFactory({ client: 'pg', connection: database.url, pool: { min: 0, max: 4 } });
  await createSchema(knex);
  await seedShop(knex, { customers: 60, products: 40, orders: 300, ...options });
  const shop = await startShop({ database: database.url, host: '127.0.0.1', port: 0, heartbeatMs: 50 });
  return {
    databaseUrl: database.url,
    knex,
    shop,
    [Symbol.asyncDispose]: async () => {
      await shop[Symbol.asyncDispose]();
      await knex.destroy();
      await database[Symbol.asyncDispose]();
    },
  };
}
