import { expect, test } from 'vitest';
import { binlogPosition } from '../../../../src/sync/kafka/debezium/binlog-position.ts';
import { SnapshotBegunAnew, SnapshotBook } from '../../../../src/sync/kafka/debezium/snapshot-book.ts';
import { snapshotMark } from '../../../../src/sync/kafka/debezium/snapshot-mark.ts';

const at = (pos: bigint): bigint => binlogPosition('binlog.000001', pos) << 32n;
const nothing = { offsets: new Map<string, bigint>(), place: undefined, isWhole: false };

function row(offset: number, pos: number, snapshot = 'true') {
  const mark = snapshotMark({ snapshot, file: 'binlog.000001', pos });
  return { topic: 'shop.orders', partition: 0, offset: BigInt(offset), mark };
}

test('rows of one snapshot are taken once, and where a table ends is seen', () => {
  const book = new SnapshotBook(nothing);
  expect(book.take(row(0, 100, 'first'))).toBe(true);
  expect(book.ended.size).toBe(0);
  expect(book.take(row(1, 100, 'last_in_data_collection'))).toBe(true);
  expect(book.ended).toEqual(new Set(['shop.orders']));
  expect(book.offsets).toEqual(new Map([['shop.orders/0', 2n]]));
  const again = new SnapshotBook({ offsets: book.offsets, place: book.place, isWhole: false });
  expect(again.take(row(0, 100, 'first'))).toBe(false);
  expect(again.take(row(1, 100, 'last'))).toBe(false);
  // It was seen before, and counts all the same.
  expect(again.ended).toEqual(new Set(['shop.orders']));
});

test('each partition of a topic is taken by its own offsets', () => {
  const book = new SnapshotBook(nothing);
  for (const partition of [0, 1, 2]) expect(book.take({ ...row(5, 100), partition })).toBe(true);
  expect(book.take({ ...row(5, 100), partition: 1 })).toBe(false);
  expect(book.offsets).toEqual(new Map([0, 1, 2].map((partition) => [`shop.orders/${partition}`, 6n])));
});

test('a snapshot that is begun anew before it has ended puts away what was taken', () => {
  const book = new SnapshotBook(nothing);
  book.take(row(0, 100, 'last'));
  expect(() => book.take(row(1, 200, 'first'))).toThrow(SnapshotBegunAnew);
  const anew = new SnapshotBook({ ...nothing, place: { file: 'binlog.000001', offset: 200n } });
  expect(anew.take(row(0, 100, 'last'))).toBe(false);
  expect(anew.ended.size).toBe(0);
  expect(anew.take(row(1, 200, 'last'))).toBe(true);
});

test('another snapshot is refused once one has landed as a whole, and its own rows again are not', () => {
  const place = { file: 'binlog.000001', offset: 100n };
  const whole = { offsets: new Map([['shop.orders/0', 2n]]), place, isWhole: true };
  const gap = expect.objectContaining({ code: 'FIG_TOPIC_GAP' });
  expect(() => new SnapshotBook(whole).take(row(2, 200))).toThrow(gap);
  // Changes may lie before it then: a server that took over names its files anew.
  new SnapshotBook(whole).judgeChange('shop.orders', at(1n));
  // Also one whose log was begun anew.
  expect(() => new SnapshotBook(whole).take(row(2, 4))).toThrow(gap);
  expect(() => new SnapshotBook({ ...whole, place: undefined }).take(row(2, 200))).toThrow(gap);
  expect(new SnapshotBook(whole).take(row(2, 100))).toBe(true);
  expect(new SnapshotBook(whole).take(row(1, 200))).toBe(false);
});

test('incremental snapshots repeat what is there, and are passed over', () => {
  const book = new SnapshotBook({ ...nothing, isWhole: true });
  expect(book.take(row(7, 200, 'incremental'))).toBe(false);
});

test('a change from before the snapshot would be written over what it found later, and is refused', () => {
  const book = new SnapshotBook({ ...nothing, place: { file: 'binlog.000001', offset: 200n } });
  expect(() => book.judgeChange('shop.orders', at(150n))).toThrow(expect.objectContaining({ code: 'FIG_TOPIC_GAP' }));
  book.judgeChange('shop.orders', at(200n) | 3n);
  new SnapshotBook(nothing).judgeChange('shop.orders', at(1n));
});
