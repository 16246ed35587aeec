import { expect, test } from 'vitest';
import { checkConfig } from '../../src/app/preflight/check-config.ts';
import { normalizeConfig } from '../../src/config/normalize-config.ts';
import { arrivesWithinMs, settledByMs } from '../../src/config/settled-writes.ts';
import { rightProperties } from '../sync/kafka/debezium/right-properties.ts';

function check(
  connector: 'postgresql' | 'mysql',
  settings: Readonly<Record<string, string>>,
  { landing, database = 'postgres://127.0.0.1/shop' }: { landing?: string; database?: string } = {},
): void {
  const brokers = ['127.0.0.1:9092'];
  const events = { via: 'debezium', brokers, prefix: 'shop', connector, settings, landing } as const;
  const legacy = { url: 'http://127.0.0.1:1', database };
  checkConfig(normalizeConfig({ legacy, events }, 'fig.config.ts', {}), 'fig.config.ts');
}

test('a connector that is set so that nothing is lost is taken', () => {
  expect(() => check('postgresql', rightProperties)).not.toThrow();
});

test('a connector with its defaults is refused before anything starts, with every setting to change', () => {
  const remedy = expect.stringMatching(/skipped\.operations=none.*provide\.transaction\.metadata=true/);
  expect(() => check('postgresql', {})).toThrow(expect.objectContaining({ code: 'FIG_DEBEZIUM_SETTING', remedy }));
});

test('with MySQL it is said what is missing: where tables land, an account to read positions with, a setting', () => {
  const landing = 'postgres://127.0.0.1/landing';
  const database = 'mysql://fig:secret@127.0.0.1/shop';
  const right = { ...rightProperties, 'bigint.unsigned.handling.mode': 'precise' };
  expect(() => check('mysql', right, { database })).toThrow(/events\.landing/);
  expect(() => check('mysql', right, { landing })).toThrow(/legacy\.database, a mysql:\/\/ URL/);
  expect(() => check('mysql', right, { landing, database })).not.toThrow();
  const { 'skipped.operations': _, ...settings } = right;
  expect(() => check('mysql', settings, { landing, database })).toThrow(/TRUNCATE/);
});

test('changes of a MySQL database come by no other way', () => {
  const legacy = { url: 'http://127.0.0.1:1', database: 'mysql://fig:secret@127.0.0.1/shop' };
  const checked = (): void => checkConfig(normalizeConfig({ legacy }, 'fig.config.ts', {}), 'fig.config.ts');
  expect(checked).toThrow(expect.objectContaining({ code: 'FIG_CONFIG_INVALID' }));
  expect(checked).toThrow(/come by a Debezium connector/);
});

const rightForMysql = { ...rightProperties, 'bigint.unsigned.handling.mode': 'precise' };

function mysqlConfig(
  database: string | undefined,
  events: object,
  settings: Readonly<Record<string, string>> = rightForMysql,
) {
  const all = { via: 'debezium', brokers: ['127.0.0.1:9092'], prefix: 'shop', connector: 'mysql', settings } as const;
  const landed = { ...all, landing: 'postgres://127.0.0.1/landing', ...events };
  const config = normalizeConfig(
    { legacy: { url: 'http://127.0.0.1:1', database }, events: landed },
    'fig.config.ts',
    {},
  );
  checkConfig(config, 'fig.config.ts');
  return config;
}

function settles(...told: Parameters<typeof mysqlConfig>): number | undefined {
  return settledByMs(mysqlConfig(...told));
}

test('a MySQL without an account is taken when its database is named, with messages that tell their columns', () => {
  expect(() => settles(undefined, {})).toThrow(/events\.database/);
  expect(settles(undefined, { database: 'shop' })).toBe(5_000);
  expect(settles(undefined, { database: 'shop', settle: '20s' })).toBe(20_000);
  const wrong = (setting: string, value: string) => (): unknown =>
    settles(undefined, { database: 'shop' }, { ...rightForMysql, [setting]: value });
  expect(wrong('value.converter.schemas.enable', 'false')).toThrow(/only messages tell the columns/);
  expect(wrong('key.converter.schemas.enable', 'false')).toThrow(/only messages tell the columns/);
  expect(wrong('snapshot.mode', 'no_data')).toThrow(/rows are missing/);
  expect(wrong('include.schema.changes', 'false')).toThrow(/dropped or renamed/);
});

test('with an account the log of the server orders writes, unless time is asked for', () => {
  const account = 'mysql://fig:secret@127.0.0.1/shop';
  expect(settles(account, {})).toBeUndefined();
  expect(settles(account, { settle: '3s' })).toBe(3_000);
  // It reads the catalog, so messages need not tell it.
  expect(settles(account, {}, { ...rightForMysql, 'value.converter.schemas.enable': 'false' })).toBeUndefined();
});

test('a write may be on its way for as long as is told into a read model that has it by time, and into no other', () => {
  const names = { name: 'prices', version: 1, key: 'id', table: () => undefined };
  const captured = { ...names, sources: { prices: { key: 'id', dirty: () => [] } }, build: () => Promise.resolve([]) };
  const ofTopics = { ...names, topics: ['prices'], settle: '7s', on: {} };
  const batch = { name: 'prices', version: 1, batch: { every: '1h' }, table: () => undefined, load: () => [] };
  const account = 'mysql://fig:secret@127.0.0.1/shop';
  const byTime = mysqlConfig(undefined, { database: 'shop', settle: '20s' });
  const byLog = mysqlConfig(account, {});
  expect([captured, ofTopics, batch, undefined].map((each) => arrivesWithinMs(each, byTime))).toEqual([
    20_000,
    7_000,
    undefined,
    undefined,
  ]);
  expect([captured, ofTopics].map((each) => arrivesWithinMs(each, byLog))).toEqual([undefined, 7_000]);
});

test('time takes the place of positions nowhere else', () => {
  const events = { via: 'debezium', brokers: ['127.0.0.1:9092'], prefix: 'shop', connector: 'postgresql' } as const;
  const legacy = { url: 'http://127.0.0.1:1', database: 'postgres://127.0.0.1/shop' };
  const settings = rightProperties;
  const config = normalizeConfig({ legacy, events: { ...events, settings, settle: '3s' } }, 'fig.config.ts', {});
  expect(settledByMs(config)).toBeUndefined();
  expect(() => checkConfig(config, 'fig.config.ts')).toThrow(/go with events\.connector 'mysql'/);
});
