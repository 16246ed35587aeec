import { expect, test } from 'vitest';
import { connectorSettings, judgeConnector } from '../../../../src/sync/kafka/debezium/connector-settings.ts';

const right = {
  'skipped.operations': 'none',
  'provide.transaction.metadata': 'true',
  'value.converter.replace.null.with.default': 'false',
  'event.converting.failure.handling.mode': 'fail',
  'include.unknown.datatypes': 'true',
  'internal.slot.seek.to.known.offset.on.start': 'true',
};

test('a connector that is set so that nothing is lost is taken as it is', () => {
  expect(judgeConnector(right)).toEqual([]);
  expect(connectorSettings({ ...right, 'unavailable.value.placeholder': '?' })).toMatchObject({
    placeholder: '?',
    nullsAreKept: true,
  });
});

test.each(Object.entries(right))('a connector without %s=%s is refused, with that setting', (name, value) => {
  const { [name as keyof typeof right]: _, ...others } = right;
  expect(judgeConnector(others).map(({ setting }) => setting)).toEqual([`${name}=${value}`]);
  expect(() => connectorSettings(others)).toThrow(
    expect.objectContaining({ code: 'FIG_DEBEZIUM_SETTING', remedy: expect.stringContaining(`${name}=${value}`) }),
  );
});

test('a connector of a later version is to look at its slot by another setting', () => {
  const { 'internal.slot.seek.to.known.offset.on.start': _, ...others } = right;
  expect(judgeConnector({ ...others, 'offset.mismatch.strategy': 'trust_offset' })).toEqual([]);
  expect(judgeConnector({ ...others, 'offset.mismatch.strategy': 'trust_slot' })).toHaveLength(1);
});

test('a connector of the MySQL family needs what such connectors have', () => {
  const { 'include.unknown.datatypes': _types, 'internal.slot.seek.to.known.offset.on.start': _slot, ...both } = right;
  const mysql = { ...both, 'connector.class': 'io.debezium.connector.mysql.MySqlConnector' };
  const setting = 'bigint.unsigned.handling.mode=precise';
  expect(judgeConnector(mysql).map((finding) => finding.setting)).toEqual([setting]);
  expect(judgeConnector({ ...mysql, 'bigint.unsigned.handling.mode': 'precise' })).toEqual([]);
});

test('where nothing is known of the connector, nulls may be lost', () => {
  expect(connectorSettings()).toEqual({
    placeholder: '__debezium_unavailable_value',
    nullsAreKept: false,
    properties: undefined,
  });
});
