import { expect, test } from 'vitest';
import { checkConfig } from '../../src/app/check-config.ts';
import { normalizeConfig } from '../../src/config/normalize-config.ts';
import { rightProperties } from '../sync/kafka/debezium/right-properties.ts';

function check(connector: 'postgresql' | 'mysql', settings: Readonly<Record<string, string>>): void {
  const events = { via: 'debezium', brokers: ['127.0.0.1:9092'], prefix: 'shop', connector, settings } as const;
  const legacy = { url: 'http://127.0.0.1:1', database: 'postgres://127.0.0.1/shop' };
  checkConfig(normalizeConfig({ legacy, events }, 'fig.config.ts', {}), 'fig.config.ts');
}

test('a connector that is set so that nothing is lost is taken', () => {
  expect(() => check('postgresql', rightProperties)).not.toThrow();
});

test('a connector with its defaults is refused before anything starts, with every setting to change', () => {
  const remedy = expect.stringMatching(/skipped\.operations=none.*provide\.transaction\.metadata=true/);
  expect(() => check('postgresql', {})).toThrow(expect.objectContaining({ code: 'FIG_DEBEZIUM_SETTING', remedy }));
});

test('read models from MySQL are refused as long as they cannot be kept', () => {
  expect(() => check('mysql', rightProperties)).toThrow(expect.objectContaining({ code: 'FIG_CONFIG_INVALID' }));
});
