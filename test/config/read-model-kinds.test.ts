import { expect, test } from 'vitest';
import { checkConfig } from '../../src/app/preflight/check-config.ts';
import { duration, durationMs } from '../../src/config/duration.ts';
import { readModelFingerprint } from '../../src/config/fingerprint.ts';
import { normalizeConfig } from '../../src/config/normalize-config.ts';

const nothing = (): readonly never[] => [];
const ignore = (): void => undefined;
const batch = { name: 'prices', version: 1, batch: { every: '1h' }, table: nothing, load: nothing };
const shared = { name: 'prices', version: 1, shared: true };
const handled = {
  name: 'prices',
  version: 1,
  key: 'id',
  table: nothing,
  sources: { prices: { key: 'id' } },
  on: { prices: ignore },
};
const captured = { name: 'prices', version: 1, key: 'id', table: nothing, build: nothing };

function normalized(readModel: object, database?: string) {
  const feature = { name: 'prices', readModel, queries: { 'GET /prices': nothing } };
  const legacy = { url: 'http://legacy.internal', ...(database !== undefined && { database }) };
  const config = normalizeConfig({ legacy, features: [feature] }, 'fig.config.ts');
  checkConfig(config, 'fig.config.ts');
  return config;
}

test('shared and batch read models are taken as they are', () => {
  expect(normalized(shared, 'postgres://legacy').features[0]!.readModel).toEqual(shared);
  expect(normalized(batch).features[0]!.readModel).toEqual(batch);
  const mysql = { client: 'mysql2', connection: { host: 'legacy' } };
  expect(() => normalized({ ...batch, batch: { every: '1d', database: mysql } })).not.toThrow();
});

test('a batch read model needs no PostgreSQL behind the legacy app; the others say that they do', () => {
  expect(() => normalized(batch)).not.toThrow();
  expect(() => normalized(shared)).toThrow(/legacy\.database is missing, which the read model of prices reads/);
});

test('only a captured read model is compared with legacy as a whole, and asked for it by the gate', () => {
  const sources = { prices: { key: 'id', dirty: nothing } };
  const rules = [{ ...captured, sources }, shared, batch].map(
    (readModel) => normalized(readModel, 'postgres://legacy').features[0]!.reconcile,
  );
  expect(rules).toEqual([expect.objectContaining({ repair: true }), undefined, undefined]);
});

test('a read model of handlers is captured, and is another one with another handler or another order of its sources', () => {
  const model = {
    ...handled,
    sources: { prices: { key: 'id' }, tags: { key: 'id' } },
    on: { prices: ignore, tags: ignore },
  };
  expect(normalized(model, 'postgres://legacy').features[0]!.readModel).toEqual(model);
  const same = readModelFingerprint({ ...model, on: { tags: ignore, prices: ignore } });
  expect(readModelFingerprint(model)).toBe(same);
  const others = [
    { ...model, on: { ...model.on, tags: (): void => void 0 } },
    { ...model, sources: { tags: { key: 'id' }, prices: { key: 'id' } } },
  ];
  for (const other of others) expect(readModelFingerprint(other)).not.toBe(same);
});

test.each([
  [{ ...batch, batch: { every: 'hourly' } }, 'readModel.batch.every: a time such as "90s", "30m", "6h" or "1d"'],
  [{ ...batch, batch: { every: '0s' } }, 'readModel.batch.every: a time'],
  [{ ...batch, batch: { every: '1h', database: { connection: 'mysql://x' } } }, 'readModel.batch.database.client'],
  [{ ...batch, load: undefined }, 'readModel.load: a function'],
  [{ ...batch, sources: {} }, 'sources'],
  [{ ...shared, views: {} }, 'readModel.views: at least one view'],
  [{ ...shared, views: { prices: 'DROP TABLE prices' } }, 'readModel.views.prices: a query, such as "SELECT ..."'],
  [{ ...shared, views: { 'public.prices': 'SELECT 1' } }, 'lower case letters, digits and underscores'],
  [{ ...shared, shared: false }, 'readModel.shared'],
  [{ ...shared, database: 'mysql://replica' }, 'readModel.database: a postgres:// URL'],
  [{ ...shared, batch: { every: '1h' } }, 'batch'],
  [captured, 'readModel.sources'],
  [{ ...handled, build: nothing }, 'readModel.on: either build or on'],
  [{ ...handled, on: {} }, 'readModel.on.prices: a handler for each of the sources'],
  [{ ...handled, on: { ...handled.on, orders: nothing } }, 'readModel.on.orders: one of the tables in sources'],
  [{ ...handled, on: { prices: 'code' } }, 'readModel.on.prices: a function'],
  [{ ...handled, sources: {} }, 'readModel.sources: at least one legacy table'],
  [{ ...handled, sources: { prices: { key: 'id', dirty: nothing } } }, 'dirty'],
  [{ ...handled, root: 'prices' }, 'root'],
  [
    { ...handled, sources: { 'shop.prices': { key: 'id' }, shop__prices: { key: 'id' } } },
    'readModel.sources.shop__prices: another name than that of shop.prices: both would be mirrored as shop__prices',
  ],
  [
    { ...handled, sources: { prices: { key: 'id' }, 'public.prices': { key: 'id' } } },
    'readModel.sources.public.prices: another name than that of prices',
  ],
  [{ ...handled, sources: { 'prices?': { key: 'id' } } }, 'a table name, or schema.table'],
  [{ ...handled, tables: { prices: nothing } }, 'readModel.tables.prices: another name than that of the read model'],
])('refused with the key that is wrong: %#', (readModel, message) => {
  expect(() => normalized(readModel, 'postgres://legacy')).toThrow(message);
});

test('times are a number and a unit', () => {
  const good = ['30s', '15m', '15min', '1h', '1d'];
  expect(good.filter((text) => duration.safeParse(text).success)).toEqual(good);
  expect(good.map(durationMs)).toEqual([30_000, 900_000, 900_000, 3_600_000, 86_400_000]);
  const bad = ['', '1', '2 h', '-1h', '1.5h', '0h', '1h30', '1ms'];
  expect(bad.filter((text) => duration.safeParse(text).success)).toEqual([]);
});
