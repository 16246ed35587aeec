import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { TransactionJoiner } from '../../../../src/sync/kafka/debezium/join-transactions.ts';

interface Sent {
  /** A topic's partition, in which order is kept. */
  readonly lane: number;
  readonly transaction: string;
  readonly order: number;
}

/** What a connector writes of so many transactions: their events to any lane, and then that they have ended. */
function produced(sizes: readonly (readonly number[])[]): {
  rows: Sent[];
  ends: { transaction: string; count: number }[];
} {
  const rows = sizes.flatMap((lanes, t) => lanes.map((lane, i) => ({ lane, transaction: `t${t}`, order: i + 1 })));
  return { rows, ends: sizes.map((lanes, t) => ({ transaction: `t${t}`, count: lanes.length })) };
}

const sizesArbitrary = fc.array(fc.array(fc.nat({ max: 2 }), { maxLength: 4 }), { maxLength: 8 });

test('whatever comes first from which topic, and however often, transactions come whole, once each and in order', () => {
  const restarts = fc.array(fc.nat({ max: 30 }), { maxLength: 3 });
  fc.assert(
    fc.property(sizesArbitrary, restarts, fc.infiniteStream(fc.nat({ max: 3 })), (sizes, again, choices) => {
      const { rows, ends } = produced(sizes);
      const everything = ends.flatMap((end, t) => [
        ...rows.filter(({ transaction }) => transaction === end.transaction),
        { ...end, position: BigInt(t + 1) * 10n },
      ]);
      // After a start the connector sends again from somewhere before.
      const log = again.reduce((sent, from) => [...sent, ...sent.slice(Math.min(from, sent.length))], everything);
      const lanes: (typeof everything)[] = [0, 1, 2].map((lane) =>
        log.filter((each) => 'lane' in each && each.lane === lane),
      );
      lanes.push(log.filter((each) => 'count' in each));
      const joiner = new TransactionJoiner<string>(0n);
      const taken: { transaction: string; events: readonly string[] }[] = [];
      while (lanes.some((lane) => lane.length > 0)) {
        const choice = choices.next().value!;
        const next = lanes[choice]!.shift() ?? lanes.find((lane) => lane.length > 0)!.shift()!;
        if ('lane' in next) joiner.add({ ...next, event: `${next.transaction}.${next.order}` });
        else joiner.end({ ...next, atMs: 0 });
        taken.push(...joiner.take());
      }
      expect(taken.map(({ transaction, events }) => ({ transaction, events }))).toEqual(
        ends.map(({ transaction }) => ({
          transaction,
          events: rows.filter((row) => row.transaction === transaction).map(({ order }) => `${transaction}.${order}`),
        })),
      );
      expect(joiner.waiting).toBeUndefined();
    }),
  );
});

test('a transaction that has ended waits for its events, and those behind it wait for it', () => {
  const joiner = new TransactionJoiner<string>(0n);
  joiner.end({ transaction: 'a', position: 10n, atMs: 1, count: 2 });
  joiner.add({ transaction: 'b', order: 1, event: 'b1' });
  joiner.end({ transaction: 'b', position: 20n, atMs: 2, count: 1 });
  joiner.add({ transaction: 'a', order: 2, event: 'a2' });
  expect(joiner.take()).toEqual([]);
  expect(joiner.waiting).toMatchObject({ ended: { transaction: 'a' }, missing: 1 });
  joiner.add({ transaction: 'a', order: 1, event: 'a1' });
  expect(joiner.take().map(({ events }) => events)).toEqual([['a1', 'a2'], ['b1']]);
  expect(joiner.position).toBe(20n);
});

test('what ends at or before the position to start from is passed over', () => {
  const joiner = new TransactionJoiner<string>(20n);
  joiner.add({ transaction: 'a', order: 1, event: 'a1' });
  joiner.end({ transaction: 'a', position: 20n, atMs: 1, count: 1 });
  joiner.end({ transaction: 'b', position: 30n, atMs: 1, count: 0 });
  expect(joiner.take()).toEqual([{ transaction: 'b', position: 30n, atMs: 1, events: [] }]);
});
