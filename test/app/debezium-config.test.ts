import { expect, test } from 'vitest';
import { checkConfig } from '../../src/app/check-config.ts';
import { normalizeConfig } from '../../src/config/normalize-config.ts';
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
