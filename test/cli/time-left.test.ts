import { expect, test } from 'vitest';
import { timeLeftMs } from '../../src/cli/time-left.ts';

test('the rest takes as long as it does at the pace so far', () => {
  expect(timeLeftMs({ atMs: 0, done: 0 }, { atMs: 10_000, done: 250 }, 1_000)).toBe(30_000);
});

test('what was done before the start says nothing about the pace', () => {
  expect(timeLeftMs({ atMs: 5_000, done: 500 }, { atMs: 15_000, done: 750 }, 1_000)).toBe(10_000);
});

test('nothing is said at the very beginning, at the end, and of a step that stands still', () => {
  expect(timeLeftMs({ atMs: 0, done: 0 }, { atMs: 1_000, done: 10 }, 100)).toBeUndefined();
  expect(timeLeftMs({ atMs: 0, done: 0 }, { atMs: 9_000, done: 100 }, 100)).toBeUndefined();
  expect(timeLeftMs({ atMs: 0, done: 5 }, { atMs: 9_000, done: 5 }, 100)).toBeUndefined();
});
