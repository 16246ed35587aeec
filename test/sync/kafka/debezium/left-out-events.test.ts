import { expect, test } from 'vitest';
import { mayLackEvents, NEW_KEY, OLD_KEY, sharesPlace } from '../../../../src/sync/kafka/debezium/left-out-events.ts';

const none: ReadonlySet<string> = new Set();
const alone = { sharesPlace: false };
const oneOfMany = { sharesPlace: true };

test('rows that were inserted, tables of a TRUNCATE and the first half of a change of the key may share their place in the log', () => {
  expect(sharesPlace('c', none)).toBe(true);
  expect(sharesPlace('c', new Set([OLD_KEY]))).toBe(true);
  expect(sharesPlace('t', none)).toBe(true);
  expect(sharesPlace('d', new Set([NEW_KEY]))).toBe(true);
  expect(sharesPlace('d', none)).toBe(false);
  expect(sharesPlace('u', none)).toBe(false);
});

test('events may be left out behind one that was sent before the connector began anew, and nowhere else', () => {
  expect(mayLackEvents([alone, oneOfMany, alone], 2)).toBe(true);
  expect(mayLackEvents([oneOfMany, alone], 1)).toBe(true);
  expect(mayLackEvents([alone, oneOfMany], 1)).toBe(false);
  expect(mayLackEvents([oneOfMany, oneOfMany], 0)).toBe(false);
});
