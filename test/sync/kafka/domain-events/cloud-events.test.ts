import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCloudEvent } from '../../../../src/sync/kafka/domain-events/decode-cloud-event.ts';
import { encodeCloudEvent } from '../../../../src/sync/kafka/domain-events/encode-cloud-event.ts';
import { anEvent } from './any-event.ts';
import { arrived, messageOf } from './message-of.ts';

const structured = { 'content-type': 'application/cloudevents+json; charset=UTF-8' };
const required = { specversion: '1.0', id: 'A234-1234-1234', source: 'https://example.com/shop', type: 'OrderPlaced' };
const binary = {
  ce_specversion: '1.0',
  ce_id: 'A234-1234-1234',
  ce_source: 'https://example.com/shop',
  ce_type: 'OrderPlaced',
};

/** What of an event a test is about. */
function eventOf(message: Parameters<typeof messageOf>[0]): object {
  const decoded = decodeCloudEvent(messageOf(message));
  if (decoded.kind !== 'event') throw new Error(JSON.stringify(decoded));
  return decoded.event;
}

test.each([
  ['data as JSON', { data: { total: 12.5 } }, { total: 12.5 }],
  ['no data', {}, undefined],
  ['data that is null', { data: null }, null],
  ['attributes that are null', { subject: null, time: null, datacontenttype: null, data: 1 }, 1],
  ['text with its type', { datacontenttype: 'text/xml', data: '<much wow="xml"/>' }, '<much wow="xml"/>'],
  ['a string that is JSON', { datacontenttype: 'application/json', data: 'I am a string' }, 'I am a string'],
  ['JSON as base64', { datacontenttype: 'application/vnd.shop+json', data_base64: 'eyJhIjoxfQ==' }, { a: 1 }],
  ['JSON as base64 of no type', { data_base64: 'eyJhIjoxfQ==' }, { a: 1 }],
  ['text as base64', { datacontenttype: 'text/plain', data_base64: 'w7w=' }, 'ü'],
  ['bytes as base64', { datacontenttype: 'application/octet-stream', data_base64: 'AP8=' }, new Uint8Array([0, 255])],
  ['a whole number that no double holds', { data: {} }, { big: '9007199254740993' }, '{"big":9007199254740993}'],
  ['the largest that it holds', { data: {} }, { big: 9_007_199_254_740_991 }, '{"big":9007199254740991}'],
])('a structured event: %s', (_name, more, expected, text = '') => {
  const value = JSON.stringify({ ...required, ...more });
  const event = eventOf({
    value: text === '' ? value : value.replace('"data":{}', `"data":${text}`),
    headers: structured,
  });
  expect(event).toMatchObject({ id: 'A234-1234-1234', type: 'OrderPlaced', position: undefined });
  expect(Reflect.get(event, 'data')).toEqual(expected);
});

test.each([
  ['JSON', 'application/json', '{"a":1}', { a: 1 }],
  ['JSON of a vendor, with a charset', 'application/vnd.shop+json; charset=utf-8', '{"a":1}', { a: 1 }],
  ['text', 'text/plain', 'hello', 'hello'],
  ['bytes', 'application/avro', Buffer.from([0, 255]), new Uint8Array([0, 255])],
  ['JSON of no type', undefined, '[1]', [1]],
  ['an empty value of no type', undefined, '', undefined],
  ['no value at all', 'application/json', null, undefined],
])('a binary event: %s', (_name, type, value, expected) => {
  const headers = { ...binary, ...(type !== undefined && { 'content-type': type }) };
  expect(Reflect.get(eventOf({ value, headers }), 'data')).toEqual(expected);
});

test.each(['2026-01-02t03:04:05.678z', '2026-01-02 03:04:05.678Z', '2026-01-02T04:04:05.678+01:00'])(
  'a time is read in every way in which RFC 3339 has it: %s',
  (time) => {
    const at = new Date('2026-01-02T03:04:05.678Z');
    expect(eventOf({ value: { ...required, time }, headers: structured })).toMatchObject({ at });
  },
);

test('names of headers are read in any case, and extensions do not get in the way', () => {
  const headers = {
    ...binary,
    CE_Time: '2026-01-02T03:04:05.678+01:00',
    ce_traceparent: '00-af',
    'Content-Type': 'text/plain',
  };
  expect(eventOf({ value: 'x', headers })).toMatchObject({ at: new Date('2026-01-02T02:04:05.678Z'), data: 'x' });
  expect(
    eventOf({ value: { ...required, comexampleextension1: 'value', retries: 3, isTest: true }, headers: structured }),
  ).toMatchObject({ type: 'OrderPlaced' });
});

test.each([
  ['the key of the message', { key: '42', partitionkey: '1', subject: '2' }, '42'],
  ['its partition key', { partitionkey: '1', subject: '2' }, '1'],
  ['its subject', { subject: '2' }, '2'],
  ['nothing but its id', {}, 'A234-1234-1234'],
])(
  'what an event is about: %s',
  (_name, { key, ...attributes }: { key?: string; [name: string]: string | undefined }, expected) => {
    expect(eventOf({ key: key ?? null, value: { ...required, ...attributes }, headers: structured })).toMatchObject({
      key: expected,
    });
  },
);

test.each([
  ['no id', { ...required, id: undefined }, 'the attribute id is missing'],
  ['an empty id', { ...required, id: '' }, 'the attribute id is missing'],
  ['no source', { ...required, source: undefined }, 'the attribute source is missing'],
  ['no type', { ...required, type: undefined }, 'the attribute type is missing'],
  ['an id that is a number', { ...required, id: 7 }, 'the attribute id is no text'],
  ['no version', { ...required, specversion: undefined }, 'the attribute specversion is missing'],
  ['an older version', { ...required, specversion: '0.3' }, 'specversion is not 1.0'],
  ['a version that is a number', { ...required, specversion: 1 }, 'specversion is not 1.0'],
  ['a time that is none', { ...required, time: 'yesterday' }, 'the attribute time is no time of RFC 3339'],
  ['a day that is none', { ...required, time: '2026-13-40T00:00:00Z' }, 'the attribute time is no time of RFC 3339'],
  ['two kinds of data', { ...required, data: 1, data_base64: 'AA==' }, 'both data and data_base64 are there'],
  ['base64 that is none', { ...required, data_base64: 'A' }, 'data_base64 is no base64'],
  ['base64 that is no JSON', { ...required, data_base64: 'AA==' }, 'the data is no JSON'],
  ['a list', [required], 'the value is no JSON object'],
  ['no JSON', 'secret {', 'the value is no JSON object'],
  ['no UTF-8', Buffer.from([0xff]), 'the value is no JSON object'],
])('a structured message with %s is refused, and the reason tells nothing of its values', (_name, value, reason) => {
  expect(decodeCloudEvent(messageOf({ value, headers: structured }))).toEqual({ kind: 'refused', reason });
});

test.each([
  ['a batch', { 'content-type': 'application/cloudevents-batch+json' }, '[]', /event format/],
  ['another format', { 'content-type': 'application/cloudevents+avro' }, 'x', /event format/],
  ['nothing that says what it is', {}, '{"a":1}', /neither a content-type/],
  ['a part of the attributes', { ce_id: '1', ce_specversion: '1.0' }, '{}', /source is missing/],
  ['an attribute that is no text', { ...binary, ce_id: Buffer.from([0xff]) }, '{}', /no UTF-8/],
  ['JSON that is none', { ...binary, 'content-type': 'application/json' }, '{', /no JSON/],
])('a message with %s is refused', (_name, headers: Record<string, string | Buffer>, value, reason) => {
  expect(decodeCloudEvent(messageOf({ value, headers }))).toMatchObject({
    kind: 'refused',
    reason: expect.stringMatching(reason),
  });
});

test('a tombstone is no event', () => {
  expect(decodeCloudEvent(messageOf({ key: '42', value: null }))).toEqual({ kind: 'nothing' });
  expect(decodeCloudEvent(messageOf({ key: '42', value: null, headers: structured }))).toEqual({ kind: 'nothing' });
});

test('an event is in headers what the binding says, and in a value what the JSON format says', () => {
  const event = {
    id: '7',
    type: 'OrderPlaced',
    key: '42',
    at: new Date('2026-01-02T03:04:05.678Z'),
    data: { n: 1n },
    position: 5n,
  };
  expect(encodeCloudEvent(event, '/shop')).toEqual({
    key: '42',
    value: '{"n":1}',
    headers: {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: '7',
      ce_source: '/shop',
      ce_type: 'OrderPlaced',
      ce_time: '2026-01-02T03:04:05.678Z',
      ce_partitionkey: '42',
    },
    timestampMs: 1_767_323_045_678,
  });
  const { value, headers } = encodeCloudEvent(event, '/shop', 'structured');
  expect(headers).toEqual(structured);
  expect(JSON.parse(value)).toEqual({
    specversion: '1.0',
    id: '7',
    source: '/shop',
    type: 'OrderPlaced',
    time: '2026-01-02T03:04:05.678Z',
    partitionkey: '42',
    datacontenttype: 'application/json',
    data: { n: 1 },
  });
});

test('what is written is read as it was, in both modes', () => {
  fc.assert(
    fc.property(
      anEvent,
      fc.webUrl(),
      fc.constantFrom('binary' as const, 'structured' as const),
      (event, source, mode) => {
        const decoded = decodeCloudEvent(arrived(encodeCloudEvent(event, source, mode)));
        expect(decoded).toEqual({ kind: 'event', event, source });
      },
    ),
  );
});
