import { expect, test } from 'vitest';
import type { BatchLoad } from '../../../src/store/batch-store.ts';
import { nextLoad, overdueSeconds } from '../../../src/sync/batch/next-load.ts';

const hour = 3_600_000;
const rows = { fingerprint: 'f', clock: 'store', position: 5n, rows: 10, loadedFrom: 1_000_000, loadedAt: 1_060_000 };
const loaded: BatchLoad = { loaded: rows, triedAt: 1_000_000, failures: 0, error: undefined };
const needs = { everyMs: hour, fingerprint: 'f', clock: 'store', wantedAt: undefined };

test('the interval is from beginning to beginning', () => {
  expect(nextLoad(loaded, needs)).toEqual({ at: 1_000_000 + hour, reason: 'schedule' });
});

test('a load is due at once when there are no rows, or rows that cannot be used', () => {
  const none = { loaded: undefined, triedAt: undefined, failures: 0, error: undefined };
  expect(nextLoad(none, needs)).toEqual({ at: 0, reason: 'no-rows' });
  expect(nextLoad(loaded, { ...needs, fingerprint: 'g' })).toEqual({ at: 0, reason: 'no-rows' });
  expect(nextLoad(loaded, { ...needs, clock: 'another log' })).toEqual({ at: 0, reason: 'no-rows' });
  expect(nextLoad(loaded, { ...needs, clock: undefined }).reason).toBe('schedule');
});

test('after failures the rest doubles, up to the interval', () => {
  const rests = [1, 2, 3, 4, 20].map((failures) => nextLoad({ ...loaded, failures }, needs).at - 1_000_000);
  expect(rests).toEqual([10_000, 20_000, 40_000, 80_000, hour]);
});

test('a wanted load comes before the scheduled one, unless the rows are new enough or it would come later', () => {
  expect(nextLoad(loaded, { ...needs, wantedAt: 1_100_000 })).toEqual({ at: 1_100_000, reason: 'wanted' });
  expect(nextLoad(loaded, { ...needs, wantedAt: 900_000 }).reason).toBe('schedule');
  expect(nextLoad(loaded, { ...needs, wantedAt: 1_000_000 + 2 * hour }).reason).toBe('schedule');
});

test('rows are overdue when a second interval and the time of a load have passed', () => {
  expect(overdueSeconds(loaded, hour, 1_000_000 + 2 * hour + 60_000)).toBe(0);
  expect(overdueSeconds(loaded, hour, 1_000_000 + 2 * hour + 61_000)).toBe(1);
  expect(overdueSeconds({ ...loaded, loaded: undefined }, hour, 0)).toBeUndefined();
});
