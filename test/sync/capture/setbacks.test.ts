import { expect, test } from 'vitest';
import { FigError } from '../../../src/kernel/fig-error.ts';
import { judgeFailure } from '../../../src/sync/capture/judge-failure.ts';
import { judgeHold } from '../../../src/sync/capture/judge-hold.ts';
import { Setbacks } from '../../../src/sync/capture/setbacks.ts';
import { sideBySide } from '../../../src/sync/capture/side-by-side.ts';

const between = (rest: number, most: number): void => {
  expect(rest).toBeGreaterThanOrEqual(most / 2);
  expect(rest).toBeLessThanOrEqual(most);
};

const hold = (heldBytes: bigint, safeBytes?: bigint) => judgeHold({ heldBytes, mostBytes: 1_000n, safeBytes });

test('rests double from a second to a minute, half of each by chance, whoever counts them', () => {
  const setbacks = new Setbacks();
  let nowMs = 0;
  for (const most of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
    setbacks.tries('a', nowMs);
    between(setbacks.failed('a', nowMs), most);
    nowMs += 60_000;
  }
  expect(setbacks.failuresOf('a')).toBe(8);
  expect(setbacks.failuresOf('b')).toBe(0);
});

test('one that works for a moment only goes on counting; after a long time it begins from the start', () => {
  const setbacks = new Setbacks();
  for (let n = 0; n < 5; n += 1) setbacks.failed('a', 0);
  setbacks.tries('a', 100_000);
  setbacks.recovered('a');
  expect(setbacks.failuresOf('a')).toBe(0);
  between(setbacks.failed('a', 110_000), 32_000);
  setbacks.tries('a', 200_000);
  setbacks.recovered('a');
  between(setbacks.failed('a', 260_001), 1_000);
});

test('what belongs to the stream is not blamed on a read model, and what cannot succeed is not tried again as it is', () => {
  expect(judgeFailure(new FigError('FIG_SPOOL_FULL', ''))).toBe('of-the-stream');
  expect(judgeFailure(new FigError('FIG_REPLICATION_FAILED', ''))).toBe('of-the-stream');
  expect(judgeFailure(new FigError('FIG_SOURCE_CHANGED', ''))).toBe('begin-anew');
  expect(judgeFailure(new FigError('FIG_MIRROR_ROW_MISSING', ''))).toBe('begin-anew');
  expect(judgeFailure(new FigError('FIG_PROJECTION_FAILED', ''))).toBe('again-later');
  expect(judgeFailure(new Error('connection lost'))).toBe('again-later');
});

test('log is kept up to the bound, and while the server has a third as much left to give', () => {
  expect(hold(1_000n)).toBe('hold');
  expect(hold(1_001n)).toBe('too-much');
  expect(hold(900n, 300n)).toBe('hold');
  expect(hold(900n, 299n)).toBe('log-gets-short');
  expect(hold(900n, -5n)).toBe('log-gets-short');
});

test('work goes on side by side up to the bound, and all of it ends before a failure is told', async () => {
  let [running, most, done] = [0, 0, 0];
  const work = async (n: number): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await new Promise(setImmediate);
    running -= 1;
    if (n === 2) throw new Error('the second');
    await new Promise(setImmediate);
    done += 1;
  };
  await expect(sideBySide([1, 2, 3, 4, 5], 3, work)).rejects.toThrow('the second');
  expect({ running, most, done }).toEqual({ running: 0, most: 3, done: 4 });
});
