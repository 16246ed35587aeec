import { expect, test } from 'vitest';
import { SchemaWatch } from '../../../src/sync/landing/schema-watch.ts';
import type { TopicLanes } from '../../../src/sync/kafka/debezium/topic-lanes.ts';
import { until } from '../../support/until.ts';

const tables = [{ name: 'a', columns: [{ name: 'id', sourceType: 'int', mirrorType: 'integer' }], key: ['id'] }];

const unreadable = 'no JSON';

function message(ddl: string, pos: number, type = 'ALTER') {
  const source = { file: 'binlog.000001', pos, snapshot: null };
  return { source, ddl, tableChanges: [{ type, id: '"shop"."a"', table: { columns: [{ name: 'id' }] } }] };
}

/** A topic that was read to its end when there is nothing to wait for any more. */
async function watch(from: ReadonlyMap<string, bigint>, ...messages: readonly (object | string)[]) {
  let reads = 0;
  const lanes: TopicLanes = {
    prefix: 'shop',
    all: [
      {
        topic: 'shop',
        partition: 0,
        read: async () => {
          reads += 1;
          await new Promise((resolve) => setImmediate(resolve));
          const all = messages.map((value, i) => ({
            offset: BigInt(i),
            key: null,
            value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
            headers: new Map(),
          }));
          const high = BigInt(all.length);
          return { messages: reads === 1 ? all : [], next: high, high };
        },
      },
    ],
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const watching = new SchemaWatch({ lanes, tables, from });
  await until('it was read', () => reads > 1 || messages.includes(unreadable));
  return watching;
}

test('what came after the snapshot is judged once, and what it found is not', async () => {
  const snapshot = { file: 'binlog.000001', offset: 100n };
  await using watching = await watch(
    new Map(),
    message('DROP TABLE a', 50, 'DROP'),
    message('ALTER TABLE a ADD b int', 150),
  );
  watching.judge(snapshot);
  expect(watching.judged).toEqual(new Map([['shop/0', 2n]]));
});

test('a table that goes is refused, and again after a restart', async () => {
  for (let start = 0; start < 2; start += 1) {
    await using watching = await watch(
      new Map([['shop/0', 1n]]),
      message('ALTER', 50),
      message('DROP TABLE a', 150, 'DROP'),
    );
    for (let look = 0; look < 2; look += 1) {
      expect(() => watching.judge(undefined)).toThrow(expect.objectContaining({ code: 'FIG_SOURCE_CHANGED' }));
    }
    expect(watching.judged).toEqual(new Map([['shop/0', 1n]]));
  }
});

test('it is known whether all that was there when the watch began was read', async () => {
  let high = 2n;
  let next = 1n;
  const lane = {
    topic: 'shop',
    partition: 0,
    read: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return { messages: [], next, high };
    },
  };
  const lanes: TopicLanes = { prefix: 'shop', all: [lane], [Symbol.asyncDispose]: () => Promise.resolve() };
  await using watching = new SchemaWatch({ lanes, tables, from: new Map() });
  expect(watching.isLevel).toBe(false);
  next = 2n;
  await until('it was read to its end', () => watching.isLevel);
  high = 3n;
  await new Promise((resolve) => setImmediate(resolve));
  expect(watching.isLevel).toBe(true);
});

test('what was judged before is not judged again', async () => {
  await using watching = await watch(new Map([['shop/0', 1n]]), message('DROP TABLE a', 150, 'DROP'));
  watching.judge(undefined);
});

test('a statement that stands where the snapshot was taken came after it', async () => {
  await using watching = await watch(new Map(), message('DROP TABLE a', 150, 'DROP'));
  const judge = (offset: bigint) => (): void => watching.judge({ file: 'binlog.000001', offset });
  expect(judge(150n)).toThrow(expect.objectContaining({ code: 'FIG_SOURCE_CHANGED' }));
  judge(151n)();
});

test('what cannot be read is not taken for nothing', async () => {
  await using watching = await watch(new Map(), unreadable);
  await until('it is told', () => {
    try {
      watching.judge(undefined);
      return false;
    } catch (error) {
      return (error as { code?: string }).code === 'FIG_DEBEZIUM_MESSAGE';
    }
  });
});
