import { expect, test } from 'vitest';
import { connectorSettings } from '../../../../src/sync/kafka/debezium/connector-settings.ts';
import { TopicDecoder, type TopicRecord } from '../../../../src/sync/kafka/debezium/topic-decoder.ts';
import { rightProperties } from './right-properties.ts';

const columns = [{ name: 'id', mirrorType: 'integer', sourceType: 'integer' }];
const table = { name: 'public.t', columns, identityColumns: ['id'] };
const source = { connector: 'postgresql', ts_ms: 1, schema: 'public', table: 't' };

function read(topic: string, value: unknown): TopicRecord | undefined {
  const decoder = new TopicDecoder('shop', [table], connectorSettings(rightProperties));
  const key = Buffer.from('{"id":1}');
  return decoder.read(`shop.${topic}`, { key, value: Buffer.from(JSON.stringify(value)), headers: new Map() });
}

function end(counts: Readonly<Record<string, number>>): unknown {
  const collections = Object.entries(counts).map(([name, n]) => ({ data_collection: name, event_count: n }));
  const note = read('transaction', { status: 'END', id: '7:20', ts_ms: 1, data_collections: collections });
  return note?.type === 'end' ? note.ended : undefined;
}

test('a row that no transaction is told of is refused, with the setting that tells it', () => {
  const row = { op: 'c', before: null, after: { id: 1 }, source, transaction: null };
  expect(() => read('public.t', row)).toThrow(
    expect.objectContaining({
      code: 'FIG_DEBEZIUM_SETTING',
      remedy: expect.stringContaining('provide.transaction.metadata=true'),
    }),
  );
  // A snapshot reads outside of transactions.
  expect(read('public.t', { ...row, op: 'r' })).toMatchObject({ type: 'snapshot' });
});

test('rows of another database are refused, with the setting', () => {
  const decoder = new TopicDecoder('shop', [table], connectorSettings(rightProperties), { database: 'shop' });
  const transaction = { id: '7:10', total_order: 1, data_collection_order: 1 };
  const readOf = (db: string): unknown => {
    const row = { op: 'c', before: null, after: { id: 1 }, source: { ...source, db }, transaction };
    const value = Buffer.from(JSON.stringify(row));
    return decoder.read('shop.public.t', { key: null, value, headers: new Map() });
  };
  expect(readOf('shop')).toMatchObject({ type: 'event' });
  expect(() => readOf('copy')).toThrow(
    expect.objectContaining({
      code: 'FIG_DEBEZIUM_SETTING',
      remedy: expect.stringContaining('database.dbname=shop'),
    }),
  );
});

test('a logical message outside of a transaction has no place, and is passed over', () => {
  const message = { prefix: 'p', content: 'AA==' };
  expect(read('message', { op: 'm', source, message, transaction: null })).toBeUndefined();
  const transaction = { id: '7:10', total_order: 1, data_collection_order: 1 };
  expect(read('message', { op: 'm', source, message, transaction })).toMatchObject({ transaction: '7', place: 10n });
});

test('an end counts what is asked for, and tells whether anything was sent at all', () => {
  expect(end({ 'public.t': 2, 'public.unasked': 3 })).toMatchObject({
    count: 2,
    topics: ['shop.public.t'],
    hasEvents: true,
  });
  expect(end({ 'public.unasked': 3 })).toMatchObject({ count: 0, topics: [], hasEvents: true });
  expect(end({ 'public.t': 0 })).toMatchObject({ count: 0, topics: [], hasEvents: false });
});
