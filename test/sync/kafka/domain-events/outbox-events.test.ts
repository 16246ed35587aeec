import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeOutboxEvent } from '../../../../src/sync/kafka/domain-events/decode-outbox-event.ts';
import { encodeOutboxEvent } from '../../../../src/sync/kafka/domain-events/encode-outbox-event.ts';
import { anEvent } from './any-event.ts';
import { arrived, messageOf } from './message-of.ts';

const headers = { id: '4d47e190-0402-4048-bc2c-89dd54343cdc', eventType: 'OrderPlaced' };
const order = { id: 1, total: 12.5 };
const text = JSON.stringify(order);
const jsonSchema = { type: 'string', optional: true, name: 'io.debezium.data.Json', version: 1 };

test.each([
  ['a string with its schema', { schema: jsonSchema, payload: text }],
  ['a string without a schema', JSON.stringify(text)],
  ['the text itself, by a string converter', text],
  ['expanded, with its schema', { schema: { type: 'struct', fields: [], optional: true }, payload: order }],
  ['expanded, without a schema', order],
  ['beside the type, without a schema', { eventType: 'OrderPlaced', payload: text }],
  [
    'beside the type, with a schema',
    { schema: { type: 'struct', fields: [] }, payload: { eventType: 'OrderPlaced', payload: text } },
  ],
])('a payload is read: %s', (_name, value) => {
  const message = messageOf({ key: '42', value, headers, timestampMs: 1_556_890_294_484 });
  expect(decodeOutboxEvent(message)).toEqual({
    kind: 'event',
    event: {
      id: headers.id,
      type: 'OrderPlaced',
      key: '42',
      at: new Date(1_556_890_294_484),
      data: order,
      position: undefined,
    },
    source: '',
  });
});

test.each([
  ['plain', '42', headers],
  ['as JSON', '"42"', headers],
  ['a number', '42', headers],
  ['with its schema', { schema: { type: 'string', optional: false }, payload: '42' }, headers],
  ['a number with its schema', { schema: { type: 'int64', optional: false }, payload: 42 }, headers],
  ['with headers as JSON', '42', { id: `"${headers.id}"`, eventType: '"OrderPlaced"' }],
  [
    'with headers that have schemas',
    '42',
    {
      id: JSON.stringify({ schema: { type: 'string' }, payload: headers.id }),
      eventType: JSON.stringify({ schema: { type: 'string' }, payload: 'OrderPlaced' }),
    },
  ],
])('a key is read: %s', (_name, key, given: Readonly<Record<string, string>>) => {
  const written = typeof key === 'string' ? key : JSON.stringify(key);
  expect(decodeOutboxEvent(messageOf({ key: written, value: text, headers: given }))).toMatchObject({
    event: { key: '42', id: headers.id, type: 'OrderPlaced' },
  });
});

test.each([
  ['no id', { value: text, headers: { eventType: 'OrderPlaced' } }, /header id is missing/],
  ['no type', { value: text, headers: { id: '1' } }, /type:header:eventType/],
  ['no JSON', { value: 'secret {', headers }, /^the value is no JSON$/],
  ['no UTF-8', { value: Buffer.from([0xff]), headers }, /^the value is no JSON$/],
])('a message with %s is refused, and the reason tells nothing of its values', (_name, message, reason) => {
  expect(decodeOutboxEvent(messageOf(message as never))).toEqual({
    kind: 'refused',
    reason: expect.stringMatching(reason),
  });
});

test('an event without a payload is one, a tombstone is none', () => {
  expect(decodeOutboxEvent(messageOf({ value: null, headers }))).toMatchObject({ event: { data: undefined } });
  expect(decodeOutboxEvent(messageOf({ key: '42', value: null }))).toEqual({ kind: 'nothing' });
});

test.each([
  ['in its envelope', { schema: { type: 'string', optional: true, name: 'io.debezium.data.Json' }, payload: null }],
  ['without a schema', 'null'],
  ['beside the type', { payload: null, eventType: 'OrderPlaced' }],
])('a payload that is null in the table is no data: %s', (_name, value) => {
  expect(decodeOutboxEvent(messageOf({ key: '42', value, headers }))).toMatchObject({ event: { data: undefined } });
});

test.each([
  ['there is none', null],
  ['with its schema', '{"schema":{"type":"string","optional":true},"payload":null}'],
  ['without a schema', 'null'],
])('an event without a key is about itself, however a converter writes that: %s', (_name, key) => {
  expect(decodeOutboxEvent(messageOf({ key, value: text, headers }))).toMatchObject({ event: { key: headers.id } });
});

test('without a key an event is about itself, and bytes that are no text are told by their digits', () => {
  expect(decodeOutboxEvent(messageOf({ value: text, headers }))).toMatchObject({ event: { key: headers.id } });
  const binary = messageOf({ key: Buffer.from([0, 255]), value: text, headers });
  expect(decodeOutboxEvent(binary)).toMatchObject({ event: { key: '0x00ff' } });
});

test('what is written is read as it was', () => {
  const readsAlike = fc.jsonValue().map((value) => ({ value: JSON.parse(JSON.stringify(value)) as unknown }));
  fc.assert(
    fc.property(anEvent, readsAlike, (any, data) => {
      const event = { ...any, data };
      const encoded = encodeOutboxEvent(event, 'order');
      expect(encoded.headers).toEqual({ id: event.id, eventType: event.type, aggregateType: 'order' });
      expect(decodeOutboxEvent(arrived(encoded))).toEqual({ kind: 'event', event, source: '' });
    }),
  );
});
