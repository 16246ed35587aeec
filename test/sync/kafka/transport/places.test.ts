import { expect, test } from 'vitest';
import { chooseStart, type StartChoice } from '../../../../src/sync/kafka/transport/choose-start.ts';
import type { Envelope } from '../../../../src/sync/kafka/transport/envelope.ts';
import { judgeMessage } from '../../../../src/sync/kafka/transport/judge-message.ts';
import { currentLog, isOfLogs, sourceLogs } from '../../../../src/sync/kafka/transport/source-logs.ts';
import { TopicPlaces } from '../../../../src/sync/kafka/transport/topic-places.ts';

const choice: StartChoice = {
  from: 50n,
  start: { position: 100n, offset: 40n, epoch: 4 },
  hints: [{ offset: 20n, epoch: 2 }],
  begins: false,
  range: { low: 10n, high: 60n },
  isFromTheFirst: false,
};
const first = { offset: 10n, epoch: 0 };

test.each<[string, Partial<StartChoice>, { offset: bigint; epoch: number }]>([
  ['with what is known of those that go on', {}, { offset: 20n, epoch: 2 }],
  [
    'with the least of what is known',
    { hints: [40n, 20n, 30n].map((offset) => ({ offset, epoch: 2 })) },
    { offset: 20n, epoch: 2 },
  ],
  [
    'with what is made anew, where that comes before',
    { hints: [{ offset: 45n, epoch: 5 }], begins: true },
    choice.start,
  ],
  ['with what goes on, where nothing is made anew', { hints: [{ offset: 45n, epoch: 5 }] }, { offset: 45n, epoch: 5 }],
  ['with what is made anew, where nothing goes on', { hints: [], begins: true }, choice.start],
  [
    'with the first message, where one goes on of which nothing is known',
    { hints: [undefined, { offset: 20n, epoch: 2 }] },
    first,
  ],
  [
    'with the leader, where one of which nothing is known has come as far',
    { from: 100n, hints: [undefined] },
    choice.start,
  ],
  ['with the first message, where the topic forgot what is needed', { hints: [{ offset: 9n, epoch: 2 }] }, first],
  [
    'with the first message that is kept, where that is known',
    { hints: [{ offset: 10n, epoch: 2 }] },
    { offset: 10n, epoch: 2 },
  ],
  ['with the next message, where all is read', { hints: [{ offset: 60n, epoch: 2 }] }, { offset: 60n, epoch: 2 }],
  ['with the first message, where the topic was made anew', { hints: [{ offset: 61n, epoch: 2 }] }, first],
  ['with the first message, where what was kept led to a gap', { isFromTheFirst: true }, first],
])('reading begins %s', (_, more, expected) => {
  expect(chooseStart({ ...choice, ...more })).toMatchObject(expected);
});

const envelope: Envelope = {
  kind: 'transaction',
  epoch: 3,
  log: 'now',
  previous: 50n,
  end: 60n,
  part: 0,
  cut: 'end',
};
const logs = new Map([
  ['before', 55n],
  ['now', undefined],
]);
const place = { at: 50n, epoch: 3, logs, logsSince: 3 };

test.each<[string, Partial<Envelope>, Partial<typeof place>, string]>([
  ['goes on where the reader is', {}, {}, 'take'],
  ['goes on from before', { previous: 10n }, {}, 'take'],
  ['begins behind the reader', { previous: 51n }, {}, 'gap'],
  ['ends where the reader is', {}, { at: 60n }, 'passed'],
  ['is of a leader before', { epoch: 2 }, {}, 'superseded'],
  ['is of a leader before, and begins behind the reader', { epoch: 2, previous: 51n }, {}, 'superseded'],
  ['is of a later leader', { epoch: 4 }, {}, 'take'],
  ['is of a log that the server left, before it did', { log: 'before', end: 55n }, {}, 'take'],
  ['is of a log that the server left, after it did', { log: 'before', end: 56n }, {}, 'superseded'],
  ['is of a log that nobody knows', { log: 'other' }, {}, 'unknown-log'],
  ['is of a log that nobody knows, by a later leader', { log: 'other', epoch: 4 }, {}, 'unknown-log'],
  ['is of a server that was replaced, by a leader of then', { log: 'other', epoch: 2 }, { epoch: 0 }, 'superseded'],
])('a message that %s', (_, message, at, verdict) => {
  expect(judgeMessage({ ...envelope, ...message }, { ...place, ...at })).toBe(verdict);
});

test('a position is found in the topic by the last event that is not after it', () => {
  const places = new TopicPlaces();
  for (const position of [10n, 20n, 30n]) places.add({ position, offset: position + 1n, epoch: 1 });
  expect([9n, 10n, 19n, 20n, 99n].map((each) => places.upTo(each)?.offset)).toEqual([undefined, 11n, 11n, 21n, 31n]);
  places.add({ position: 30n, offset: 77n, epoch: 1 });
  expect(places.upTo(30n)?.offset).toBe(77n);
  places.forgetBefore(25n);
  expect([19n, 25n, 30n].map((each) => places.upTo(each)?.offset)).toEqual([undefined, 21n, 77n]);
  places.forgetBefore(20n);
  expect(places.upTo(20n)?.offset).toBe(21n);
});

test('of very many places the last are kept', () => {
  const places = new TopicPlaces();
  for (let n = 1n; n <= 200_001n; n += 1n) places.add({ position: n, offset: n, epoch: 1 });
  expect([1n, 100_000n, 100_001n, 200_001n].map((each) => places.upTo(each)?.offset)).toEqual([
    undefined,
    undefined,
    100_001n,
    200_001n,
  ]);
});

test('the logs of a source are its own, those that it left count up to where it left them', () => {
  const source = {
    system: '1',
    timeline: 3,
    history: [
      { timeline: 1, end: 10n },
      { timeline: 2, end: 20n },
    ],
  };
  const all = sourceLogs('shop', source);
  expect([...all.values()]).toEqual([10n, 20n, undefined]);
  const [oldest, , now] = [...all.keys()];
  expect(currentLog(all)).toBe(now);
  expect(isOfLogs({ log: oldest!, position: 10n }, all)).toBe(true);
  expect(isOfLogs({ log: oldest!, position: 11n }, all)).toBe(false);
  expect(isOfLogs({ log: now!, position: 1_000n }, all)).toBe(true);
  expect(isOfLogs({ log: 'other', position: 1n }, all)).toBe(false);
  expect(isOfLogs(undefined, all)).toBe(false);
  for (const other of [sourceLogs('bank', source), sourceLogs('shop', { ...source, system: '2' })]) {
    expect(all.has(currentLog(other))).toBe(false);
  }
  expect(currentLog(sourceLogs('shop', { ...source, timeline: 2, history: [] }))).toBe([...all.keys()][1]);
});
