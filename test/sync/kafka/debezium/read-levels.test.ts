import { expect, test } from 'vitest';
import { ReadLevels } from '../../../../src/sync/kafka/debezium/read-levels.ts';
import type { TopicLane } from '../../../../src/sync/kafka/debezium/topic-lanes.ts';

const lane = (topic: string): TopicLane => ({ topic, partition: 0, read: () => Promise.reject(new Error('not read')) });
const [a, b] = [lane('a'), lane('b')];

test('time is known once all topics were read to where they ended when a read began', () => {
  const levels = new ReadLevels(2);
  levels.note(a, { next: 5n, high: 5n }, 100, 0n);
  expect(levels.landedAt(0n)).toBeUndefined();
  levels.note(b, { next: 3n, high: 9n }, 110, 0n);
  expect(levels.landedAt(0n)).toBeUndefined();
  // More was written meanwhile; what there was at 110 has been read.
  levels.note(b, { next: 9n, high: 20n }, 150, 7n);
  expect(levels.landedAt(6n)).toBeUndefined();
  expect(levels.landedAt(7n)).toBe(100);
});

test('what had ended by then has to land first, and a time that was reached stays', () => {
  const levels = new ReadLevels(1);
  levels.note(a, { next: 1n, high: 1n }, 100, 5n);
  levels.note(a, { next: 2n, high: 2n }, 200, 8n);
  levels.note(a, { next: 2n, high: 2n }, 300, 8n);
  expect(levels.landedAt(5n)).toBe(100);
  expect(levels.landedAt(7n)).toBe(100);
  expect(levels.landedAt(8n)).toBe(300);
});
