import { expect, test } from 'vitest';
import { judgePosition } from '../../../src/sync/capture/judge-position.ts';
import { parseHistory } from '../../../src/sync/postgres/identify-source.ts';

const history = parseHistory(
  '1\t0/100\tno recovery target specified\n\n2\t0/200\tbefore 2000-01-01 00:00:00+00\n# a comment\n',
);
const server = { system: 'a server', timeline: 3, history, end: 0x300n };

test('the history of timelines is read as the server writes it', () => {
  expect(history).toEqual([
    { timeline: 1, end: 0x100n },
    { timeline: 2, end: 0x200n },
  ]);
});

test.each([
  ['resume', 0x250n, 3],
  ['resume', 0x200n, 2],
  ['resume', 0x100n, 1],
  ['resume', 0x250n, undefined],
  ['log-forked', 0x201n, 2],
  ['log-forked', 0x150n, 1],
  ['log-forked', 0x50n, 4],
  ['past-the-end', 0x301n, 3],
  ['slot-passed', 0x40n, 3],
] as const)('%s: rows at %d of timeline %s', (verdict, position, timeline) => {
  expect(judgePosition({ position, timeline }, 0x50n, server)).toBe(verdict);
});
