import { expect, test } from 'vitest';
import type { StreamEvent } from '../../../../src/sync/change.ts';
import { connectorSettings } from '../../../../src/sync/kafka/debezium/connector-settings.ts';
import { DebeziumStream } from '../../../../src/sync/kafka/debezium/debezium-stream.ts';
import type { TopicLane, TopicLanes } from '../../../../src/sync/kafka/debezium/topic-lanes.ts';
import { binlogMarks } from '../../../../src/sync/kafka/debezium/transaction-marks.ts';
import { until } from '../../../support/until.ts';
import { rightProperties } from './right-properties.ts';

/** Topics of which a test says how much can be read so far, as where a broker is slow. */
class SlowTopics implements TopicLanes {
  readonly prefix = 'shop';
  readonly all: readonly TopicLane[];
  readonly #written = new Map<string, object[]>();
  readonly #readable = new Map<string, number>();
  reads = 0;

  constructor(...tables: readonly string[]) {
    this.all = [...tables, 'transaction'].map((name) => this.#lane(`shop.${name}`));
  }

  write(name: string, ...values: readonly object[]): void {
    const topic = `shop.${name}`;
    this.#written.set(topic, [...(this.#written.get(topic) ?? []), ...values]);
  }

  /** All that was written to it can be read; of the others the broker tells only that there is more. */
  open(name: string): void {
    this.#readable.set(`shop.${name}`, this.#written.get(`shop.${name}`)?.length ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #lane(topic: string): TopicLane {
    let next = 0;
    return {
      topic,
      partition: 0,
      read: async () => {
        this.reads += 1;
        const all = this.#written.get(topic) ?? [];
        const from = next;
        next = Math.max(next, this.#readable.get(topic) ?? 0);
        await new Promise((resolve) => setImmediate(resolve));
        const messages = all.slice(from, next).map((value, i) => ({
          offset: BigInt(from + i),
          key: null,
          value: Buffer.from(JSON.stringify(value)),
          headers: new Map(),
        }));
        return { messages, next: BigInt(next), high: BigInt(all.length) };
      },
    };
  }
}

const tables = ['orders', 'items'].map((name) => ({
  name,
  columns: [{ name: 'id', mirrorType: 'integer', sourceType: 'int(11)' }],
  identityColumns: ['id'],
}));

const source = { connector: 'mysql', ts_ms: 1, file: 'binlog.000001', pos: 4, row: 0 };
const found = (id: number): object => ({ op: 'r', before: null, after: { id }, source });
const inserted = (id: number, transaction: string): object => ({
  op: 'c',
  before: null,
  after: { id },
  source,
  transaction: { id: transaction, total_order: 1 },
});
const ended = (id: string, table: string): object => ({
  id,
  status: 'END',
  ts_ms: 1,
  data_collections: [{ data_collection: table, event_count: 1 }],
});

const told = ({ transaction }: Extract<StreamEvent, { type: 'transaction' }>): string =>
  `${transaction.endPosition}: ${transaction.changes.map((each) => ('row' in each ? `${each.table} ${String(each.row['id'])}` : '')).join()}`;

function open(lanes: TopicLanes, from: bigint, snapshots: ReadonlyMap<string, bigint>) {
  const stream = new DebeziumStream({
    lanes,
    tables,
    settings: connectorSettings(rightProperties),
    from,
    snapshots: {
      offsets: snapshots,
      place: from > 0n ? { file: 'binlog.000001', offset: 4n } : undefined,
      isWhole: from > 0n,
    },
    marks: binlogMarks,
  });
  const seen: string[] = [];
  void (async () => {
    for (let events = await stream.next(); events; events = await stream.next()) {
      for (const event of events) if (event.type === 'transaction') seen.push(told(event));
    }
  })();
  return { stream, seen };
}

const readMore = async (lanes: SlowTopics): Promise<void> => {
  const before = lanes.reads;
  await until('every topic was read again', () => lanes.reads > before + 12);
};

test('no transaction is given before all that snapshots had read when the first one ended', async () => {
  const lanes = new SlowTopics('orders', 'items');
  lanes.write('orders', found(1), inserted(2, '0-1-8'));
  lanes.write('items', found(71), found(72));
  lanes.write('transaction', ended('0-1-8', 'orders'));
  const { stream, seen } = open(lanes, 0n, new Map());
  await using _ = stream;
  lanes.open('orders');
  lanes.open('transaction');
  await readMore(lanes);
  expect(seen).toEqual(['0: orders 1']);
  expect(stream.snapshotOffsets).toEqual(new Map([['shop.orders/0', 1n]]));
  lanes.open('items');
  await until('the transaction is given', () => seen.length === 4);
  expect(seen).toEqual(['0: orders 1', '0: items 71', '0: items 72', '8: orders 2']);
});

test('after a restart, rows of snapshots that had landed are not given again, and others are', async () => {
  const lanes = new SlowTopics('orders', 'items');
  lanes.write('orders', found(1), inserted(2, '0-1-8'), found(3), inserted(4, '0-1-9'));
  lanes.write('transaction', ended('0-1-8', 'orders'), ended('0-1-9', 'orders'));
  for (const name of ['orders', 'items', 'transaction']) lanes.open(name);
  const { stream, seen } = open(lanes, 8n, new Map([['shop.orders/0', 1n]]));
  await using _ = stream;
  await until('what is left is given', () => seen.length === 2);
  await readMore(lanes);
  expect(seen).toEqual(['8: orders 3', '9: orders 4']);
});

test('a change that lies before the snapshot is not written over what that found', async () => {
  const lanes = new SlowTopics('orders', 'items');
  const earlier = { ...inserted(1, '0-1-8'), source: { ...source, pos: 3 } };
  lanes.write('orders', found(1), earlier);
  lanes.write('transaction', ended('0-1-8', 'orders'));
  for (const name of ['orders', 'items', 'transaction']) lanes.open(name);
  const settings = connectorSettings(rightProperties);
  const snapshots = { offsets: new Map(), place: undefined, isWhole: false };
  await using stream = new DebeziumStream({ lanes, tables, settings, from: 0n, snapshots, marks: binlogMarks });
  const reading = (async () => {
    for (;;) await stream.next();
  })();
  await expect(reading).rejects.toMatchObject({ code: 'FIG_TOPIC_GAP' });
});

test('who follows a connector for PostgreSQL is given no rows of snapshots', async () => {
  const lanes = new SlowTopics('orders', 'items');
  lanes.write('orders', found(1), inserted(2, '0-1-8'));
  lanes.write('transaction', ended('0-1-8', 'orders'));
  for (const name of ['orders', 'items', 'transaction']) lanes.open(name);
  const settings = connectorSettings(rightProperties);
  await using stream = new DebeziumStream({ lanes, tables, settings, from: 0n, marks: binlogMarks });
  const [event] = (await stream.next())!;
  expect(event).toMatchObject({ type: 'transaction', transaction: { endPosition: 8n } });
});

test('who has lost the turn to read while topics were opened is told so', async () => {
  const lanes = new SlowTopics('orders', 'items');
  const settings = connectorSettings(rightProperties);
  await using stream = new DebeziumStream({ lanes, tables, settings, from: 0n, lost: AbortSignal.abort() });
  await expect(stream.next()).rejects.toThrow('another process may read the topics');
});
