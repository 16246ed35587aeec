import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type EndedTransaction, TransactionJoiner } from '../../../../src/sync/kafka/debezium/join-transactions.ts';

/** What a connector writes: to a lane of rows, in which order is kept, or to that of transactions. */
type Sent =
  | { readonly lane: number; readonly transaction: string; readonly place: bigint; readonly order: number }
  | { readonly lane: 'transactions'; readonly begin: string }
  | { readonly lane: 'transactions'; readonly end: string; readonly position: bigint; readonly count: number };

interface Fall {
  readonly after: number;
  readonly back: number;
  /** Of each lane, what was sent last and never written. */
  readonly lost: readonly number[];
}

/**
 * A connector that goes down after so many rows, and begins again so many rows before: rows that lie before were written, are not
 * sent again and not counted, but their transaction, and the one before it, begin again. Of what comes later some is not written.
 */
function produced(sizes: readonly (readonly number[])[], falls: readonly Fall[]): Sent[] {
  const written: Sent[] = [];
  const rows = sizes.flatMap((lanes, t) => lanes.map((lane, i) => ({ lane, t, place: BigInt(t * 100 + i) })));
  let from = 0;
  let firstTransaction = 0;
  for (const { after, back, lost } of [...falls, { after: Infinity, back: 0, lost: [] }]) {
    const until = Math.max(from, after);
    const sent: { readonly before: number; readonly what: Sent }[] = [];
    for (let t = firstTransaction; t < sizes.length; t += 1) {
      const own = rows.map((row, n) => ({ ...row, n })).filter((row) => row.t === t);
      const mine = own.filter(({ n }) => n >= from);
      sent.push({ before: own[0]!.n, what: { lane: 'transactions', begin: `t${t}` } });
      for (const [i, { lane, place, n }] of mine.entries()) {
        if (n >= until) break;
        sent.push({ before: n, what: { lane, transaction: `t${t}`, place, order: i + 1 } });
      }
      if (mine.some(({ n }) => n >= until)) break;
      const end = { lane: 'transactions', end: `t${t}`, position: BigInt(t + 1) * 10n, count: mine.length } as const;
      sent.push({ before: own.at(-1)!.n + 1, what: end });
    }
    from = Math.max(from, Math.min(until, rows.length) - back);
    firstTransaction = Math.max(0, (rows[from]?.t ?? sizes.length) - 1);
    for (const [at, lane] of [0, 1, 2, 'transactions'].entries()) {
      const ofLane = sent.filter(({ what }) => what.lane === lane);
      const kept = ofLane.filter(({ before }, i) => before < from || i < ofLane.length - (lost[at] ?? 0));
      written.push(...kept.map(({ what }) => what));
    }
  }
  return written;
}

const sizesArbitrary = fc.array(fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 4 }), { maxLength: 8 });
const fallsArbitrary = fc.array(
  fc.record({
    after: fc.nat({ max: 30 }),
    back: fc.nat({ max: 6 }),
    lost: fc.array(fc.nat({ max: 9 }), { minLength: 4, maxLength: 4 }),
  }),
  { maxLength: 3 },
);

function ended(transaction: string, position: bigint, count: number): EndedTransaction {
  return { transaction, position, atMs: 1, count, topics: [], hasEvents: count > 0 };
}

test('whatever comes first from which topic, and wherever the connector went down, transactions come whole, once each and in order', () => {
  fc.assert(
    fc.property(sizesArbitrary, fallsArbitrary, fc.infiniteStream(fc.nat({ max: 3 })), (sizes, falls, choices) => {
      const log = produced(sizes, falls);
      const lanes = [0, 1, 2, 'transactions'].map((lane) => log.filter((each) => each.lane === lane));
      let held = 0;
      let goesOn = true;
      const joiner = new TransactionJoiner<string>(0n, () => (held -= 1));
      const taken: { transaction: string; events: readonly string[] }[] = [];
      const take = (): unknown => taken.push(...joiner.take());
      while (lanes.some((lane) => lane.length > 0)) {
        const next = lanes[choices.next().value!]!.shift() ?? lanes.find((lane) => lane.length > 0)!.shift()!;
        if ('place' in next) {
          const isHeld = joiner.add({ ...next, identity: '', event: `${next.transaction}.${next.place}` });
          if (isHeld) held += 1;
        } else if ('begin' in next) joiner.begin(next.begin);
        else goesOn &&= joiner.end(ended(next.end, next.position, next.count));
        take();
      }
      // All that was there is read.
      for (let head = joiner.waiting; head?.isCut; head = joiner.waiting) {
        joiner.clear(head.ended.transaction);
        take();
      }
      expect(taken.map(({ transaction, events }) => ({ transaction, events }))).toEqual(
        sizes.map((rows, t) => ({ transaction: `t${t}`, events: rows.map((_, i) => `t${t}.${t * 100 + i}`) })),
      );
      expect(goesOn).toBe(true);
      expect(joiner.waiting).toBeUndefined();
      expect(held).toBe(0);
    }),
    { numRuns: 1_000 },
  );
});

test('a transaction that has ended waits for its events, and those behind it wait for it', () => {
  const joiner = new TransactionJoiner<string>(0n);
  joiner.end(ended('a', 10n, 2));
  joiner.add({ transaction: 'b', place: 1n, identity: '', order: 1, event: 'b1' });
  joiner.end(ended('b', 20n, 1));
  joiner.add({ transaction: 'a', place: 2n, identity: '', order: 2, event: 'a2' });
  expect(joiner.take()).toEqual([]);
  expect(joiner.waiting).toMatchObject({ ended: { transaction: 'a' }, missing: 1 });
  joiner.add({ transaction: 'a', place: 1n, identity: '', order: 1, event: 'a1' });
  expect(joiner.take().map(({ events }) => events)).toEqual([['a1', 'a2'], ['b1']]);
  expect(joiner.position).toBe(20n);
});

test('a log that goes back is told, and what a connector sends again is not one', () => {
  const joiner = new TransactionJoiner<string>(10n);
  expect(joiner.end(ended('a', 20n, 0))).toBe(true);
  expect(joiner.end(ended('b', 30n, 1))).toBe(true);
  joiner.take();
  expect(joiner.end(ended('a', 20n, 0))).toBe(true);
  expect(joiner.end(ended('b', 30n, 1))).toBe(true);
  expect(joiner.end(ended('before', 10n, 0))).toBe(true);
  expect(joiner.end(ended('of another log', 25n, 0))).toBe(false);
  expect(joiner.furthest).toBe(30n);
});

test('what ends at or before the position to start from is passed over', () => {
  const joiner = new TransactionJoiner<string>(20n);
  joiner.add({ transaction: 'a', place: 1n, identity: '', order: 1, event: 'a1' });
  joiner.end(ended('a', 20n, 1));
  joiner.end(ended('b', 30n, 0));
  expect(joiner.take()).toEqual([{ transaction: 'b', position: 30n, atMs: 1, events: [] }]);
});

test('a transaction that was sent whole needs nothing but its events when it is sent again', () => {
  const joiner = new TransactionJoiner<string>(0n);
  joiner.begin('a');
  joiner.end(ended('a', 10n, 1));
  joiner.begin('b');
  // The connector goes down, and begins before `a`.
  joiner.begin('a');
  joiner.end(ended('a', 10n, 1));
  joiner.begin('b');
  joiner.end(ended('b', 20n, 1));
  joiner.add({ transaction: 'a', place: 1n, identity: '', order: 1, event: 'a1' });
  joiner.add({ transaction: 'b', place: 2n, identity: '', order: 1, event: 'b1' });
  expect(joiner.take().map(({ transaction }) => transaction)).toEqual(['a', 'b']);
});

test('a transaction that a new connector sends first may be cut, also behind one of which it sends nothing', () => {
  const joiner = new TransactionJoiner<string>(0n);
  joiner.begin('a');
  joiner.end(ended('a', 10n, 0));
  joiner.begin('b');
  joiner.begin('a');
  joiner.end(ended('a', 10n, 0));
  joiner.begin('b');
  joiner.end(ended('b', 20n, 1));
  joiner.add({ transaction: 'b', place: 2n, identity: '', order: 1, event: 'b1' });
  expect(joiner.take().map(({ transaction }) => transaction)).toEqual(['a']);
  expect(joiner.waiting).toMatchObject({ isCut: true, missing: 0 });
  joiner.clear('b');
  expect(joiner.take().map(({ transaction }) => transaction)).toEqual(['b']);
});

test('transactions of which something came, and not yet all, are counted', () => {
  const joiner = new TransactionJoiner<string>(0n);
  const add = (transaction: string, order: number): boolean =>
    joiner.add({ transaction, place: BigInt(order), identity: String(order), order, event: 'row' });
  add('a', 1);
  add('b', 1);
  joiner.end({ transaction: 'a', position: 10n, atMs: 0, count: 2, topics: [], hasEvents: true });
  joiner.take();
  expect(joiner.open).toBe(2);
  add('a', 2);
  joiner.take();
  expect(joiner.open).toBe(1);
});

test('where the first beginnings are kept no longer, only the first transaction with events may be cut', () => {
  const joiner = new TransactionJoiner<string>(0n);
  joiner.missTheFirst();
  joiner.begin('a');
  joiner.add({ transaction: 'a', place: 1n, identity: '', order: 1, event: 'a1' });
  joiner.end(ended('a', 10n, 1));
  joiner.begin('b');
  joiner.add({ transaction: 'b', place: 2n, identity: '', order: 1, event: 'b1' });
  joiner.end(ended('b', 20n, 1));
  expect(joiner.take()).toEqual([]);
  joiner.clear('a');
  expect(joiner.take().map(({ transaction }) => transaction)).toEqual(['a', 'b']);
});

test('where the first beginnings are kept no longer, nobody knows how often a transaction began', () => {
  const known = new TransactionJoiner<string>(0n);
  const unknown = new TransactionJoiner<string>(0n);
  unknown.missTheFirst();
  for (const joiner of [known, unknown]) {
    joiner.begin('a');
    joiner.add({ transaction: 'a', place: 1n, identity: '', order: 1, event: 'a1' });
    joiner.begin('a');
    joiner.end(ended('a', 10n, 0));
  }
  expect(known.cut({ transaction: 'a', count: 0 })).toMatchObject({ sentBefore: 1, beginnings: 2 });
  expect(unknown.cut({ transaction: 'a', count: 0 })).toMatchObject({ sentBefore: 1, beginnings: Infinity });
});

test('events at one place of the log come as they were sent, whichever topic has them', () => {
  const joiner = new TransactionJoiner<string>(0n);
  joiner.add({ transaction: 'a', place: 1n, identity: 'come', order: 2, event: 'come' });
  joiner.add({ transaction: 'a', place: 1n, identity: 'gone', order: 1, event: 'gone' });
  joiner.end(ended('a', 10n, 2));
  expect(joiner.take()).toEqual([{ transaction: 'a', position: 10n, atMs: 1, events: ['gone', 'come'] }]);
});
