import { expect, test } from 'vitest';
import {
  type CutEvent,
  doubtOf,
  NEW_KEY,
  OLD_KEY,
  type PlaceShare,
  placeShareOf,
} from '../../../../src/sync/kafka/debezium/left-out-events.ts';

const none: ReadonlySet<string> = new Set();

/** Each at a place of its own, or at the one that is told. */
function events(...shares: readonly (PlaceShare | [PlaceShare, bigint])[]): CutEvent[] {
  return shares.map((each, n) =>
    typeof each === 'string' ? { share: each, place: BigInt(n) } : { share: each[0], place: each[1] },
  );
}

test('rows that were inserted, tables of a TRUNCATE and halves of a change of the key may share their place in the log', () => {
  expect(placeShareOf('c', none)).toBe('page');
  expect(placeShareOf('c', new Set([OLD_KEY]))).toBe('comes');
  expect(placeShareOf('t', none)).toBe('tables');
  expect(placeShareOf('d', new Set([NEW_KEY]))).toBe('goes');
  expect(placeShareOf('d', none)).toBe('alone');
  expect(placeShareOf('u', none)).toBe('alone');
});

test('events may be left out at the place of the last one that was sent before the connector began anew, and nowhere else', () => {
  expect(doubtOf(events('tables', 'page', 'alone'), 2, 2)).toBe('ask');
  expect(doubtOf(events('page', 'alone', 'page'), 2, 2)).toBe('none');
  expect(doubtOf(events('tables', 'alone'), 1, 2)).toBe('missing');
  expect(doubtOf(events('page', 'page'), 0, 2)).toBe('none');
});

test('of a change of the key both halves are there, or one is missing', () => {
  expect(doubtOf(events(['goes', 5n], ['comes', 5n], 'alone'), 2, 2)).toBe('none');
  expect(doubtOf(events(['goes', 5n], ['comes', 5n]), 1, 2)).toBe('none');
  expect(doubtOf(events(['goes', 5n], ['comes', 6n]), 1, 2)).toBe('missing');
});

test('where a transaction was cut several times, each place before the last cut may have been one', () => {
  expect(doubtOf(events('page', 'alone', 'page'), 2, 3)).toBe('missing');
  expect(doubtOf(events('alone', 'alone', 'page'), 2, Infinity)).toBe('none');
});
