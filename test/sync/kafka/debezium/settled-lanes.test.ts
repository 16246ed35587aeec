import { expect, test } from 'vitest';
import { SettledLanes } from '../../../../src/sync/kafka/debezium/settled-lanes.ts';
import type { TopicLane } from '../../../../src/sync/kafka/debezium/topic-lanes.ts';

const lane = (topic: string): TopicLane => ({ topic, partition: 0, read: () => Promise.reject(new Error('not read')) });

test('topics are settled when each was read up to where it ended at the first look, whatever came since', () => {
  const [orders, items] = [lane('orders'), lane('items')];
  const lanes = new SettledLanes(2);
  lanes.note(orders, { next: 4n, high: 10n });
  lanes.note(items, { next: 3n, high: 3n });
  expect(lanes.isSettled).toBe(false);
  lanes.note(orders, { next: 9n, high: 500n });
  expect(lanes.isSettled).toBe(false);
  lanes.note(orders, { next: 10n, high: 900n });
  expect(lanes.isSettled).toBe(true);
});

test('a topic that is not there has been read', () => {
  const lanes = new SettledLanes(1);
  expect(lanes.isSettled).toBe(false);
  lanes.note(lane('empty'), { next: 0n, high: 0n });
  expect(lanes.isSettled).toBe(true);
});
