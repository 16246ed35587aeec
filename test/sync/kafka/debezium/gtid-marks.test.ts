import { expect, test } from 'vitest';
import { GtidMarks } from '../../../../src/sync/kafka/debezium/gtid-marks.ts';

const [writer, former] = ['9c8357b3-e9c8-11f1-9d82-02fc00000001', '83c8ed58-e9ca-11f1-bced-02fc00000001'];

test('transactions of the server that writes follow all of those that wrote before', () => {
  const marks = new GtidMarks(`${former}:1-100:105,\n${writer.toUpperCase()}:1-7`);
  expect(marks.ofNote(`${writer}:7`).position).toBe(108n);
  expect(new GtidMarks(`${writer}:1-7`).ofNote(`${writer}:7`).position).toBe(7n);
});

test('another server that writes is refused, since nothing orders both', () => {
  const marks = new GtidMarks(`${former}:1-100`);
  expect(marks.ofNote(`${former}:100`).position).toBe(100n);
  const forked = expect.objectContaining({ code: 'FIG_LOG_FORKED' });
  expect(() => marks.ofNote(`${writer}:1`)).toThrow(forked);
  expect(() => new GtidMarks('').ofNote(`${writer}:tagged:1`)).toThrow(forked);
});

test('a MariaDB numbers for all servers of a domain, and a MySQL without GTIDs tells places', () => {
  const marks = new GtidMarks('');
  expect([marks.ofNote('0-1-7'), marks.ofNote('0-2-8')].map(({ position }) => position)).toEqual([7n, 8n]);
  expect(marks.ofNote('file=binlog.000001,pos=2184').position).toBe((1n << 32n) | 2184n);
});
