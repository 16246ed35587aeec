import { randomUUID } from 'node:crypto';
import { silentLog } from '../../src/kernel/log.ts';
import { Landing } from '../../src/sync/landing/landing.ts';
import { openTarget } from '../../src/sync/open-target.ts';
import { sharedKafka } from './kafka-server.ts';
import type { MariadbShop, ShopKind } from './mariadb-shop.ts';
import { createTestDatabase } from './test-database.ts';
import { until } from './until.ts';

export interface LandedApart extends AsyncDisposable {
  /** Why nothing lands; empty: something does. */
  failure(): string;
  /** What was found that cannot be got over; undefined: nothing. */
  refusal(): Promise<{ readonly code: string; readonly message: string; readonly remedy: string } | undefined>;
  rows(table: string): Promise<readonly object[]>;
}

/** Lands some tables of a shop in a database of their own, in this process, from the topics that are there. */
export async function landApart(
  shop: MariadbShop,
  { properties }: ShopKind,
  storeUrl: string,
  tables: readonly string[],
): Promise<LandedApart> {
  const own = await createTestDatabase();
  const db = openTarget(own.url, 2);
  const landing = new Landing({
    db,
    legacy: { database: 'shop', account: shop.url, settleMs: undefined },
    access: { brokers: [await sharedKafka()], security: { tls: undefined, sasl: undefined } },
    prefix: shop.prefix,
    properties,
    migration: own.name,
    tables,
    storeUrl,
    process: randomUUID(),
    log: silentLog,
  });
  const dispose = async (): Promise<void> => {
    await landing.stop();
    await db.destroy();
    await own[Symbol.asyncDispose]();
  };
  const isWhole = async (): Promise<boolean> => {
    const { rows: made } = await db.raw(`SELECT to_regclass('fig_landing.place') IS NOT NULL AS is`);
    return made[0].is && (await db('fig_landing.place').where({ is_whole: true })).length > 0;
  };
  try {
    await until(`${tables.join()} have landed`, isWhole, 60_000);
  } catch (error) {
    const { failure } = landing;
    await dispose();
    throw new Error(failure, { cause: error });
  }
  return {
    failure: () => landing.failure ?? '',
    refusal: async () => {
      const { refusal } = await db('fig_landing.place').select('refusal').first();
      return refusal === null ? undefined : JSON.parse(refusal);
    },
    rows: (table) => db(table).orderBy('id'),
    [Symbol.asyncDispose]: dispose,
  };
}
