import { expect, test } from 'vitest';
import { ContinuityMarks } from '../../../../src/sync/kafka/debezium/continuity-marks.ts';

const message = (content: string) => ({ prefix: 'strangler-fig', content, after: 0 });
const ended = (endPosition: bigint, ...marks: readonly string[]) => ({ endPosition, messages: marks.map(message) });

test('a transaction that ends behind a mark that did not come tells that changes are missing, once', () => {
  const marks = new ContinuityMarks();
  const [first, second] = [marks.writing(), marks.writing()];
  marks.written(first, 10n);
  marks.written(second, 20n);
  expect(marks.isGapBefore(ended(9n, first))).toBe(false);
  expect(marks.hasSeenAny).toBe(true);
  // It may have been committed before the mark: where that ends is known as the latest that it can be.
  expect(marks.isGapBefore(ended(20n))).toBe(false);
  expect(marks.isGapBefore(ended(21n))).toBe(true);
  expect(marks.isGapBefore(ended(22n))).toBe(false);
});

test('a mark that comes before it is known where it ends is no gap, nor one that may not be in the log', () => {
  const marks = new ContinuityMarks();
  const [first, second] = [marks.writing(), marks.writing()];
  expect(marks.isGapBefore(ended(10n, first))).toBe(false);
  marks.written(first, 10n);
  marks.gaveUp(second);
  expect(marks.isGapBefore(ended(30n))).toBe(false);
});

test('a stream that begins behind a mark is not asked for it, and one of another log for none', () => {
  const marks = new ContinuityMarks();
  const [first, second] = [marks.writing(), marks.writing()];
  marks.written(first, 10n);
  marks.written(second, 20n);
  marks.begin(10n);
  expect(marks.isGapBefore(ended(15n))).toBe(false);
  marks.forget();
  expect(marks.isGapBefore(ended(30n))).toBe(false);
});
