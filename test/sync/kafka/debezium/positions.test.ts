import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatPosition } from '../../../../src/kernel/position.ts';
import {
  binlogPosition,
  binlogTransaction,
  mariadbGtidPosition,
  mysqlGtidCount,
} from '../../../../src/sync/kafka/debezium/binlog-position.ts';
import { postgresTransaction } from '../../../../src/sync/kafka/debezium/postgres-position.ts';

test('places in a binary log are ordered by file, then by offset', () => {
  const place = fc.record({ file: fc.integer({ min: 1, max: 999_999_999 }), offset: fc.nat({ max: 2 ** 32 - 1 }) });
  fc.assert(
    fc.property(place, place, (a, b) => {
      const [first, second] = [a, b].map(({ file, offset }) =>
        binlogPosition(`mysql-bin.${String(file).padStart(6, '0')}`, BigInt(offset)),
      ) as [bigint, bigint];
      const expected = a.file === b.file ? a.offset - b.offset : a.file - b.file;
      expect(first < second ? -1 : first > second ? 1 : 0).toBe(Math.sign(expected));
    }),
  );
  expect(formatPosition(binlogPosition('binlog.000018', 4096n))).toBe('12/1000');
});

test('what is no place in a binary log is refused', () => {
  for (const [file, offset] of [
    ['binlog', 4n],
    ['binlog.000001', -1n],
    ['binlog.000001', 2n ** 32n],
  ] as const) {
    expect(() => binlogPosition(file, offset)).toThrow(expect.objectContaining({ code: 'FIG_DEBEZIUM_MESSAGE' }));
  }
});

test('a MariaDB GTID is a position by its number; several domains are refused, since they have no order', () => {
  expect(mariadbGtidPosition('0-1-270')).toBe(270n);
  expect(() => mariadbGtidPosition('0-1-270,1-1-5')).toThrow(expect.objectContaining({ code: 'FIG_DEBEZIUM_SETTING' }));
  expect(() => mariadbGtidPosition('nonsense')).toThrow(expect.objectContaining({ code: 'FIG_DEBEZIUM_MESSAGE' }));
});

test('a MySQL GTID set grows by one with each transaction, whichever server wrote it', () => {
  const first = '3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5:7';
  expect(mysqlGtidCount(first)).toBe(6n);
  expect(mysqlGtidCount(`${first},\n4e11fa47-71ca-11e1-9e33-c80aa9429562:1-3:tag:1`)).toBe(10n);
  expect(mysqlGtidCount('')).toBe(0n);
});

test('ids of transactions tell their positions', () => {
  expect(postgresTransaction('571:53195832')).toEqual({ id: '571', position: 53_195_832n });
  expect(() => postgresTransaction('571')).toThrow(expect.objectContaining({ code: 'FIG_DEBEZIUM_MESSAGE' }));
  expect(binlogTransaction('0-1-42')).toBe(42n);
  expect(binlogTransaction('3e11fa47-71ca-11e1-9e33-c80aa9429562:23')).toBe(23n);
  expect(binlogTransaction('file=binlog.000002,pos=1234')).toBe((2n << 32n) | 1234n);
});
