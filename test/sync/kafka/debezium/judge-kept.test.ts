import { expect, test } from 'vitest';
import { afterFork, judgeKept } from '../../../../src/sync/kafka/debezium/judge-kept.ts';

const first = { system: '1 shop', timeline: 1, history: [], end: 100n };
const second = { ...first, timeline: 2, history: [{ timeline: 1, end: 50n }] };

function judge(
  kept: { first: bigint; last: bigint } | undefined,
  identity: typeof first | typeof second,
  { isForked = false, later = identity.end } = {},
) {
  return judgeKept(kept, { identity, identifyAgain: async () => ({ ...identity, end: later }), isForked });
}

test('topics are read when a transaction of the log that the server writes has ended on them', async () => {
  expect(await judge(undefined, first)).toBe('waits');
  expect(await judge({ first: 10n, last: 90n }, first)).toBe('usable');
  expect(await judge({ first: 10n, last: 50n }, second)).toBe('waits');
  expect(await judge({ first: 10n, last: 51n }, second)).toBe('usable');
});

test('topics that have what the server does not have are of no use', async () => {
  expect(await judge({ first: 10n, last: 120n }, first)).toBe('foreign');
  // It has written since it was asked.
  expect(await judge({ first: 10n, last: 120n }, first, { later: 130n })).toBe('usable');
  // A read model has applied what the server has lost, so it is in the topics that it was read from.
  expect(await judge({ first: 10n, last: 70n }, second, { isForked: true })).toBe('foreign');
  expect(await judge({ first: 60n, last: 70n }, second, { isForked: true })).toBe('usable');
});

test('what stands where the server left its log, or before, may miss changes', () => {
  expect(afterFork(first)).toBeUndefined();
  expect(afterFork(second)).toBe(51n);
});
