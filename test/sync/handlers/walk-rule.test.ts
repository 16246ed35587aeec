import { expect, test } from 'vitest';
import { metPart, standingOf } from '../../../src/sync/handlers/walk-rule.ts';

const order = ['a', 'b', 'c'];
const standings = (stage: Parameters<typeof standingOf>[2]) => order.map((source) => standingOf(source, order, stage));

test('before the walk nothing was met, after it everything, and meanwhile what lies before the cursor', () => {
  expect(standings({ state: 'copying', cursor: undefined })).toEqual(['ahead', 'ahead', 'ahead']);
  expect(standings({ state: 'building', cursor: undefined })).toEqual(['ahead', 'ahead', 'ahead']);
  expect(standings({ state: 'building', cursor: { source: 'b', key: null } })).toEqual(['passed', 'ahead', 'ahead']);
  expect(standings({ state: 'building', cursor: { source: 'b', key: ['7'] } })).toEqual(['passed', 'walked', 'ahead']);
  expect(standings({ state: 'ready', cursor: { source: 'c', key: ['7'] } })).toEqual(['passed', 'passed', 'passed']);
});

test('of a change across the cursor only the row that was met is told', () => {
  const [low, high] = [{ id: '1' }, { id: '9' }];
  const isMet = (row: object): boolean => row === low;
  expect(metPart({ before: low, after: high }, isMet)).toEqual({ before: low, after: undefined });
  expect(metPart({ before: high, after: low }, isMet)).toEqual({ before: undefined, after: low });
  expect(metPart({ before: high, after: high }, isMet)).toEqual({ before: undefined, after: undefined });
  expect(metPart({ before: low, after: low }, isMet)).toEqual({ before: low, after: low });
});
