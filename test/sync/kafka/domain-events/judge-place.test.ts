import { expect, test } from 'vitest';
import { judgePlace } from '../../../../src/sync/kafka/domain-events/judge-place.ts';

const range = { low: 10n, high: 20n };

function judge(next: bigint, of: typeof range | undefined): void {
  judgePlace({ topic: 'payments', partition: 3, next, last: undefined }, of);
}

test('a partition goes on where everything from the next message on is there', () => {
  for (const next of [10n, 15n, 20n]) judge(next, range);
});

test.each<[how: string, next: bigint, of: typeof range | undefined, code: string]>([
  ['one message was removed before it was read', 9n, range, 'FIG_EVENTS_LOST'],
  ['it ends before what was read', 21n, range, 'FIG_EVENT_TOPIC_CHANGED'],
  ['it is gone', 10n, undefined, 'FIG_EVENT_TOPIC_CHANGED'],
])('a partition does not go on where %s', (_how, next, of, code) => {
  const message = expect.stringContaining('partition 3 of the topic payments');
  expect(() => judge(next, of)).toThrow(expect.objectContaining({ code, message }));
});
