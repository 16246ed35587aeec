import { expect, test } from 'vitest';
import type { ToldCapture } from '../../../src/app/roles/heard-capture.ts';
import { sumCaptures } from '../../../src/app/roles/sum-captures.ts';

const one: ToldCapture = {
  state: 'streaming',
  received: 20n,
  applied: 10n,
  acknowledged: 10n,
  lag: { bytes: 5, seconds: 1 },
  spooledBytes: 1,
  error: undefined,
  failure: undefined,
};

test('what one process says is what it says', () => {
  expect(sumCaptures([])).toBeUndefined();
  expect(sumCaptures([one])).toEqual(one);
});

test('of several that share the read models, the one that is worst off counts', () => {
  const slow = { ...one, received: 15n, applied: 5n, lag: { bytes: 10, seconds: 3 }, spooledBytes: 2 };
  expect(sumCaptures([one, slow])).toEqual({ ...slow, acknowledged: 10n, spooledBytes: 3 });
});

test('as long as one of them works its error is shown, and it is no failure of all', () => {
  const broken: ToldCapture = { ...one, state: 'reconnecting', applied: undefined, error: 'no', failure: 'no' };
  expect(sumCaptures([one, broken])).toMatchObject({
    state: 'reconnecting',
    applied: 10n,
    error: 'no',
    failure: undefined,
  });
  expect(sumCaptures([broken, broken])).toMatchObject({ error: 'no', failure: 'no' });
});
