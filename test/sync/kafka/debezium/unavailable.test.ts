import { expect, test } from 'vitest';
import type { ConnectSchema } from '../../../../src/sync/kafka/debezium/connect-message.ts';
import { defaultPlaceholder, UnavailableValue } from '../../../../src/sync/kafka/debezium/unavailable.ts';

const text: ConnectSchema = { type: 'string' };
const json: ConnectSchema = { type: 'string', name: 'io.debezium.data.Json' };
const array = (items: ConnectSchema): ConnectSchema => ({ type: 'array', items });
const pair = { [defaultPlaceholder]: defaultPlaceholder };
const uuid = 'd8a9a4f4-0000-0000-0000-000000000000';

test.each<[string, unknown, ConnectSchema]>([
  ['an hstore, as a map', pair, { type: 'map' }],
  ['an hstore, as JSON', JSON.stringify(pair), json],
])('the placeholder is told from a value: %s', (_, value, schema) => {
  expect(new UnavailableValue().is(value, schema)).toBe(true);
});

test.each<[string, unknown, ConnectSchema]>([
  ['a text that is JSON', JSON.stringify(pair), text],
  ['an array of two', [defaultPlaceholder, defaultPlaceholder], array(text)],
  ['an array of another uuid', [uuid], array({ type: 'string', name: 'io.debezium.data.Uuid' })],
  ['a map of something else', { a: 'b' }, { type: 'map' }],
  ['an empty array', [], array(text)],
])('a value is told from the placeholder: %s', (_, value, schema) => {
  expect(new UnavailableValue().is(value, schema)).toBe(false);
});
