import { expect, test } from 'vitest';
import type { StreamEvent } from '../../../../src/sync/change.ts';
import type { KafkaMessage } from '../../../../src/sync/kafka/client/kafka-message.ts';
import { connectorSettings } from '../../../../src/sync/kafka/debezium/connector-settings.ts';
import { DebeziumStream } from '../../../../src/sync/kafka/debezium/debezium-stream.ts';
import { topicsOf } from '../../../../src/sync/kafka/debezium/topic-decoder.ts';
import type { TopicLane, TopicLanes } from '../../../../src/sync/kafka/debezium/topic-lanes.ts';
import { until } from '../../../support/until.ts';
import { rightProperties } from './right-properties.ts';

const integer = { name: 'id', mirrorType: 'integer', sourceType: 'integer' };
const tables = ['public.t', 'public.u'].map((name) => ({ name, columns: [integer], identityColumns: ['id'] }));

/** Topics of one partition each, which have what the test has written. */
class Topics implements TopicLanes {
  readonly prefix = 'shop';
  readonly #written = new Map<string, KafkaMessage[]>();
  readonly #reads = new Map<string, number>();
  /** Of the topic of transactions. */
  #firstKept = 0;
  readonly all: readonly TopicLane[] = topicsOf('shop', tables).map((topic) => this.#lane(topic));

  /** Notes of transactions that were written so far are removed. */
  forget(): void {
    this.#firstKept = this.#written.get('shop.transaction')?.length ?? 0;
  }

  row(table: string, { of: xid, at, id, op = 'u' }: { of: number; at: bigint; id: number; op?: 'c' | 'u' }): void {
    const source = { connector: 'postgresql', ts_ms: 1, schema: 'public', table: table.slice(7) };
    const transaction = { id: `${xid}:${at}`, total_order: 1, data_collection_order: 1 };
    this.#write(`shop.${table}`, { op, before: null, after: { id }, source, transaction }, { id });
  }

  begin(xid: number): void {
    this.#write('shop.transaction', { status: 'BEGIN', id: `${xid}:1`, ts_ms: 1 }, xid);
  }

  end(xid: number, position: bigint, counts: Readonly<Record<string, number>>): void {
    const collections = Object.entries(counts).map(([name, n]) => ({ data_collection: name, event_count: n }));
    const note = { status: 'END', id: `${xid}:${position}`, ts_ms: 1, data_collections: collections };
    this.#write('shop.transaction', note, xid);
  }

  /** Until each topic was read again from now on, after what is under way. */
  async areRead(): Promise<void> {
    const before = new Map(this.#reads);
    await until('every topic was read', () =>
      this.all.every(({ topic }) => (this.#reads.get(topic) ?? 0) >= (before.get(topic) ?? 0) + 3),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #lane(topic: string): TopicLane {
    let next = -1;
    return {
      topic,
      partition: 0,
      read: async () => {
        this.#reads.set(topic, (this.#reads.get(topic) ?? 0) + 1);
        const all = this.#written.get(topic) ?? [];
        if (next < 0) next = topic === 'shop.transaction' ? this.#firstKept : 0;
        const messages = all.slice(next);
        next = all.length;
        await new Promise((resolve) => setImmediate(resolve));
        return { messages, next: BigInt(next), high: BigInt(next) };
      },
    };
  }

  #write(topic: string, value: unknown, key: unknown): void {
    const messages = this.#written.get(topic) ?? [];
    this.#written.set(topic, messages);
    messages.push({
      offset: BigInt(messages.length),
      key: Buffer.from(JSON.stringify(key)),
      value: Buffer.from(JSON.stringify(value)),
      headers: new Map(),
    });
  }
}

interface Reading {
  readonly stream: DebeziumStream;
  readonly seen: StreamEvent[];
  readonly gaps: bigint[];
  /** Ends with the stream, and with what it failed with. */
  readonly end: Promise<void>;
}

function open(lanes: Topics): Reading {
  const gaps: bigint[] = [];
  const onGap = (position: bigint): unknown => gaps.push(position);
  const stream = new DebeziumStream({ lanes, tables, settings: connectorSettings(rightProperties), from: 0n, onGap });
  const seen: StreamEvent[] = [];
  const end = (async () => {
    for (let events = await stream.next(); events; events = await stream.next()) seen.push(...events);
  })();
  end.catch(() => undefined);
  return { stream, seen, gaps, end };
}

function idsOf(events: readonly StreamEvent[]): unknown {
  return events.map((event) => {
    if (event.type !== 'transaction') throw new Error(event.type);
    return event.transaction.changes.map((change) => ('row' in change ? change.row['id'] : change.kind));
  });
}

test('a row that is written after the end of a cut transaction is waited for, whatever was written before', async () => {
  await using topics = new Topics();
  const { stream, seen } = open(topics);
  await using _ = stream;
  topics.begin(7);
  topics.row('public.t', { of: 7, at: 10n, id: 1 });
  topics.row('public.u', { of: 7, at: 11n, id: 2 });
  // The connector goes down, and goes on with the third row.
  topics.begin(7);
  topics.end(7, 20n, { 'public.t': 1 });
  await topics.areRead();
  expect(seen).toEqual([]);
  topics.row('public.t', { of: 7, at: 12n, id: 3 });
  topics.row('public.u', { of: 8, at: 30n, id: 4 });
  await topics.areRead();
  expect(seen).toEqual([]);
  // What comes behind it in the same topic shows that it was all.
  topics.row('public.t', { of: 8, at: 31n, id: 5 });
  await until('it is there', () => seen.length > 0);
  expect(idsOf(seen)).toEqual([['1', '2', '3']]);
});

test('a cut transaction of which nothing was left to send is whole when the topics are read', async () => {
  await using topics = new Topics();
  const { stream, seen } = open(topics);
  await using _ = stream;
  topics.begin(7);
  topics.row('public.t', { of: 7, at: 10n, id: 1 });
  topics.begin(7);
  topics.end(7, 20n, {});
  await until('it is there', () => seen.length > 0);
  expect(idsOf(seen)).toEqual([['1']]);
});

test('a transaction that is sent again whole waits for its rows only', async () => {
  await using topics = new Topics();
  const { stream, seen } = open(topics);
  await using _ = stream;
  topics.begin(6);
  topics.end(6, 9n, { 'public.unasked': 1 });
  topics.begin(7);
  topics.begin(6);
  topics.end(6, 9n, { 'public.unasked': 1 });
  topics.begin(7);
  topics.end(7, 20n, { 'public.t': 2 });
  topics.row('public.t', { of: 7, at: 10n, id: 1 });
  await topics.areRead();
  expect(idsOf(seen)).toEqual([[]]);
  topics.row('public.t', { of: 7, at: 11n, id: 2 });
  await until('it is there', () => seen.length > 1);
  expect(idsOf(seen)).toEqual([[], ['1', '2']]);
});

test('where the connector went down behind a row that others may share a place with, it is a gap and no transaction', async () => {
  await using topics = new Topics();
  const { stream, seen, gaps, end } = open(topics);
  await using _ = stream;
  topics.begin(6);
  topics.row('public.t', { of: 6, at: 5n, id: 9 });
  topics.end(6, 9n, { 'public.t': 1 });
  topics.begin(7);
  // Of a COPY of three rows the connector knew one to be written, and never sends the others.
  topics.row('public.t', { of: 7, at: 10n, id: 1, op: 'c' });
  topics.begin(7);
  topics.row('public.t', { of: 7, at: 12n, id: 4 });
  topics.end(7, 20n, { 'public.t': 1 });
  topics.row('public.t', { of: 8, at: 30n, id: 1 });
  await expect(end).rejects.toMatchObject({ code: 'FIG_TOPIC_GAP' });
  expect(gaps).toEqual([20n]);
  expect(idsOf(seen)).toEqual([['9']]);
});

test('rows that are sent behind the place where the connector began anew lack nothing', async () => {
  await using topics = new Topics();
  const { stream, seen, gaps } = open(topics);
  await using _ = stream;
  topics.begin(7);
  topics.row('public.t', { of: 7, at: 10n, id: 1 });
  topics.begin(7);
  topics.row('public.t', { of: 7, at: 11n, id: 2, op: 'c' });
  topics.end(7, 20n, { 'public.t': 1 });
  topics.row('public.t', { of: 8, at: 30n, id: 1 });
  await until('it is there', () => seen.length > 0);
  expect(idsOf(seen)).toEqual([['1', '2']]);
  expect(gaps).toEqual([]);
});

test('where the first beginning is kept no longer, the first transaction may be cut', async () => {
  await using topics = new Topics();
  topics.begin(7);
  topics.row('public.t', { of: 7, at: 10n, id: 1 });
  topics.row('public.t', { of: 7, at: 11n, id: 2 });
  topics.forget();
  topics.begin(7);
  topics.end(7, 20n, { 'public.t': 2 });
  const { stream, seen } = open(topics);
  await using _ = stream;
  await topics.areRead();
  expect(seen).toEqual([]);
  topics.row('public.t', { of: 7, at: 12n, id: 3 });
  topics.row('public.t', { of: 8, at: 30n, id: 1 });
  await until('it is there', () => seen.length > 0);
  expect(idsOf(seen)).toEqual([['1', '2', '3']]);
});
