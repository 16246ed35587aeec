import { expect, test } from 'vitest';
import { ChunkPace, restAfterOwed } from '../../../src/sync/backfill/chunk-pace.ts';

/** Reads chunks of rows of one size until the pace no longer changes. */
function settle(pace: ChunkPace, msPerRow: number, bytesPerRow: number): number {
  for (let n = 0; n < 20; n += 1)
    pace.note({ rows: pace.rows, bytes: pace.rows * bytesPerRow, ms: pace.rows * msPerRow });
  return pace.rows;
}

test('a chunk takes a quarter of a second of legacy', () => {
  expect(settle(new ChunkPace(4, 2_000), 0.05, 10)).toBe(5_000);
  expect(settle(new ChunkPace(4, 2_000), 0.25, 10)).toBe(1_000);
});

test('a chunk of large rows is no larger than what may be held in memory', () => {
  expect(settle(new ChunkPace(4, 2_000), 0.001, 1_024)).toBe(4_096);
});

test('a chunk never shrinks to nothing, and grows fourfold at most', () => {
  expect(settle(new ChunkPace(4, 2_000), 100, 10)).toBe(500);
  expect(settle(new ChunkPace(4, 2_000), 0.001, 100 * 1_024 * 1_024)).toBe(1);
  const pace = new ChunkPace(4, 2_000);
  pace.note({ rows: 2_000, bytes: 1, ms: 0 });
  expect(pace.rows).toBe(8_000);
});

test('legacy is left alone while rows take more than maxLoad times as long as they did at best', () => {
  const pace = new ChunkPace(3, 2_000);
  expect(pace.note({ rows: 2_000, bytes: 1, ms: 100 })).toBe(0);
  expect(pace.note({ rows: 2_000, bytes: 1, ms: 299 })).toBe(0);
  expect(pace.note({ rows: 2_000, bytes: 1, ms: 400 })).toBe(1_600);
  expect(pace.note({ rows: 2_000, bytes: 1, ms: 40_000 })).toBe(10_000);
});

test('chunks that are over at once, and empty ones, say nothing about the load', () => {
  const pace = new ChunkPace(3, 2_000);
  expect(pace.note({ rows: 10_000, bytes: 1, ms: 10 })).toBe(0);
  expect(pace.note({ rows: 10, bytes: 1, ms: 10 })).toBe(0);
  expect(pace.note({ rows: 0, bytes: 0, ms: 50 })).toBe(0);
});

test('after rows that were owed the rest is that of any chunk, and never none where nothing was paid', () => {
  expect(restAfterOwed({ restMs: 0, paid: 3 })).toBe(0);
  expect(restAfterOwed({ restMs: 700, paid: 3 })).toBe(700);
  expect(restAfterOwed({ restMs: 700, paid: 0 })).toBe(700);
  expect(restAfterOwed({ restMs: 0, paid: 0 })).toBeGreaterThan(0);
});
