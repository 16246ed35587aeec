import { once } from 'node:events';
import type { StreamEvent } from '../../../../src/sync/change.ts';
import type { KafkaMessage } from '../../../../src/sync/kafka/client/kafka-message.ts';
import { connectorSettings } from '../../../../src/sync/kafka/debezium/connector-settings.ts';
import { DebeziumStream, type DebeziumStreamOptions } from '../../../../src/sync/kafka/debezium/debezium-stream.ts';
import type { SourceView } from '../../../../src/sync/kafka/debezium/source-view.ts';
import { topicsOf } from '../../../../src/sync/kafka/debezium/topic-decoder.ts';
import type { TopicLane, TopicLanes } from '../../../../src/sync/kafka/debezium/topic-lanes.ts';
import { until } from '../../../support/until.ts';
import { rightProperties } from './right-properties.ts';

const integer = { name: 'id', mirrorType: 'integer', sourceType: 'integer' };
const tables = ['public.t', 'public.u'].map((name) => ({ name, columns: [integer], identityColumns: ['id'] }));

export interface WrittenRow {
  readonly of: number;
  readonly at: bigint;
  readonly id: number;
  readonly op?: 'c' | 'u';
  /** Place in its transaction. */
  readonly order?: number;
  /** Makes the message larger. */
  readonly pad?: string;
  /** `none`: the connector knows of no transaction before. */
  readonly lastCommit?: bigint | 'none';
}

/** Topics of one partition each, which have what the test has written. */
export class Topics implements TopicLanes {
  readonly prefix = 'shop';
  readonly #written = new Map<string, KafkaMessage[]>();
  readonly #reads = new Map<string, number>();
  readonly #held = new Map<string, Promise<unknown>>();
  readonly #most: number;
  /** Of the topic of transactions. */
  #firstKept = 0;
  readonly all: readonly TopicLane[] = topicsOf('shop', tables).map((topic) => this.#lane(topic));

  /** `most`: messages that one read gives at most. */
  constructor(most = Infinity) {
    this.#most = most;
  }

  /** Reads of the topic find what is there when they begin, and end when this is called back. */
  hold(topic: string): () => void {
    const held = new AbortController();
    this.#held.set(topic, once(held.signal, 'abort'));
    return () => {
      this.#held.delete(topic);
      held.abort();
    };
  }

  readsOf(topic: string): number {
    return this.#reads.get(topic) ?? 0;
  }

  /** Notes of transactions that were written so far are removed. */
  forget(): void {
    this.#firstKept = this.#written.get('shop.transaction')?.length ?? 0;
  }

  row(table: string, { of: xid, at, id, op = 'u', order = 1, pad, lastCommit = 1n }: WrittenRow): void {
    const sequence = JSON.stringify([lastCommit === 'none' ? null : String(lastCommit), String(at)]);
    const source = { connector: 'postgresql', ts_ms: 1, schema: 'public', table: table.slice(7), sequence };
    const transaction = { id: `${xid}:${at}`, total_order: order, data_collection_order: 1 };
    this.#write(`shop.${table}`, { op, before: null, after: { id, pad }, source, transaction }, { id });
  }

  /** A row that a snapshot read; `at`: where a connector begins with it, else it is one that goes on beside the stream. */
  snapshotRow(table: string, id: number, at?: bigint, snapshot = at === undefined ? 'incremental' : 'first'): void {
    const source = {
      connector: 'postgresql',
      ts_ms: 1,
      schema: 'public',
      table: table.slice(7),
      snapshot,
      lsn: Number(at ?? 1n),
    };
    this.#write(`shop.${table}`, { op: 'r', before: null, after: { id }, source, transaction: null }, { id });
  }

  /** What `pg_logical_emit_message` wrote in a transaction. */
  message(content: string, { of: xid, at }: { readonly of: number; readonly at: bigint }): void {
    const source = { connector: 'postgresql', ts_ms: 1, sequence: JSON.stringify(['1', String(at)]) };
    const transaction = { id: `${xid}:${at}`, total_order: 1, data_collection_order: 1 };
    const message = { prefix: 'fig.test', content: Buffer.from(content).toString('base64') };
    this.#write('shop.message', { op: 'm', source, transaction, message }, null);
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
  async areRead(topics = this.all.map(({ topic }) => topic)): Promise<void> {
    const before = new Map(this.#reads);
    await until('every topic was read', () =>
      topics.every((topic) => this.readsOf(topic) >= (before.get(topic) ?? 0) + 3),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #lane(topic: string): TopicLane {
    let next = -1;
    return {
      topic,
      partition: 0,
      read: async () => {
        this.#reads.set(topic, this.readsOf(topic) + 1);
        const all = this.#written.get(topic) ?? [];
        if (next < 0) next = topic === 'shop.transaction' ? this.#firstKept : 0;
        const messages = all.slice(next, next + this.#most);
        next += messages.length;
        const slice = { messages, next: BigInt(next), high: BigInt(all.length) };
        await new Promise((resolve) => setImmediate(resolve));
        await this.#held.get(topic);
        return slice;
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

export interface Reading {
  readonly stream: DebeziumStream;
  readonly seen: StreamEvent[];
  readonly gaps: bigint[];
  /** Ends with the stream, and with what it failed with. */
  readonly end: Promise<void>;
}

/** What takes the rows of snapshots, too, from the first on. */
export const takesSnapshots = { snapshots: { offsets: new Map(), place: undefined, isWhole: false } } as const;

export function streamOf(lanes: Topics, more: Partial<DebeziumStreamOptions> = {}): DebeziumStream {
  return new DebeziumStream({ lanes, tables, settings: connectorSettings(rightProperties), from: 0n, ...more });
}

export function open(
  lanes: Topics,
  view: Partial<SourceView> = {},
  from = 0n,
  more: Partial<DebeziumStreamOptions> = {},
): Reading {
  const gaps: bigint[] = [];
  const onGap = (position: bigint): unknown => gaps.push(position);
  const source = {
    hasWritten: () => false,
    saw: () => undefined,
    isGapBefore: () => false,
    lacksRows: () => Promise.resolve(true),
    ...view,
  };
  const stream = streamOf(lanes, { from, onGap, source, ...more });
  const seen: StreamEvent[] = [];
  const end = (async () => {
    for (let events = await stream.next(); events; events = await stream.next()) seen.push(...events);
  })();
  end.catch(() => undefined);
  return { stream, seen, gaps, end };
}

export function idsOf(events: readonly StreamEvent[]): readonly unknown[] {
  return events.map((event) => {
    if (event.type !== 'transaction') throw new Error(event.type);
    return event.transaction.changes.map((change) => ('row' in change ? change.row['id'] : change.kind));
  });
}
