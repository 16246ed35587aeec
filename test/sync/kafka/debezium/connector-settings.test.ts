import { expect, test } from 'vitest';
import { connectorSettings, judgeConnector } from '../../../../src/sync/kafka/debezium/connector-settings.ts';

const right = {
  'skipped.operations': 'none',
  'provide.transaction.metadata': 'true',
  'value.converter.replace.null.with.default': 'false',
  'event.converting.failure.handling.mode': 'fail',
  'include.unknown.datatypes': 'true',
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

test('where nothing is known of the connector, nulls may be lost', () => {
  expect(connectorSettings()).toEqual({
    placeholder: '__debezium_unavailable_value',
    nullsAreKept: false,
    properties: undefined,
  });
});
