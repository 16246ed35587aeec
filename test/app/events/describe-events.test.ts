import { expect, test } from 'vitest';
import { describeEvents } from '../../../src/app/events/describe-events.ts';
import { judgePublishing } from '../../../src/app/events/judge-publishing.ts';
import type { SeenWork } from '../../../src/store/transport-work-store.ts';

const nowMs = Date.parse('2026-01-01T00:01:40Z');
const standing = { clock: 'c', position: 1n, behindMs: 2_500, behind: 4, repeats: 3, problem: undefined };
const state = { waiting: 0, oldestMs: undefined, position: 16n, publishedMs: 500, remembered: 7 };
const told = (work: SeenWork['work'], name: string, figures: unknown, silentMs = 0): SeenWork => ({
  work,
  name,
  figures,
  silentMs,
  process: 'p',
  host: 'sync-1',
  pid: 11,
  since: '2026-01-01T00:00:00Z',
  takeovers: 1,
});
const partitions = [{ topic: 't', partition: 0, next: 5, end: 9, lagSeconds: 2.5 }];
const readers = [{ projection: 'account_v1', topics: ['t'], standing }];

test('what was told of partitions goes with what is stored, and is not believed when nobody says it any more', () => {
  const figures = { lagMessages: 4, messagesPerSecond: 2, partitions };
  const of = (silentMs: number) =>
    describeEvents(readers, undefined, { told: [told('read-model', 'account_v1', figures, silentMs)], nowMs });
  expect(of(100)).toMatchObject({
    publishing: undefined,
    readModels: [{ readModel: 'account_v1', process: { pid: 11 }, lagMessages: 4, lagSeconds: 2.5, partitions }],
  });
  // It goes on being told how long it is since all was applied.
  expect(of(60_000).readModels).toMatchObject([
    { process: undefined, lagMessages: undefined, lagSeconds: 2.5, repeats: 3, takeovers: 1, partitions: [] },
  ]);
});

test('a queue is shown with who publishes, and since when and why nothing goes out', () => {
  const publication = { topic: 'shop.events', state, deadLetters: 2 };
  const all = [told('publisher', 'publisher', { failingSeconds: 40, problem: 'no broker answers' })];
  expect(describeEvents([], publication, { told: all, nowMs }).publishing).toMatchObject({
    process: { host: 'sync-1' },
    position: '0/10',
    failingSince: '2026-01-01T00:01:00.000Z',
    deadLetters: 2,
    rememberedIds: 7,
    standsStill: 'nothing can be published: no broker answers',
  });
});

test('publishing stands still when it fails for longer than a change of leader takes, or what waits gets old', () => {
  const going = { waiting: 9, oldestSeconds: 3, hasProcess: true, failingSeconds: undefined, problem: undefined };
  expect(judgePublishing(going)).toBeUndefined();
  expect(judgePublishing({ ...going, failingSeconds: 4, problem: 'x' })).toBeUndefined();
  expect(judgePublishing({ ...going, waiting: 0, failingSeconds: 10, problem: 'x' })).toBe(
    'nothing can be published: x',
  );
  expect(judgePublishing({ ...going, hasProcess: false })).toBeUndefined();
  expect(judgePublishing({ ...going, hasProcess: false, oldestSeconds: 10 })).toMatch(/no process does it/);
  expect(judgePublishing({ ...going, oldestSeconds: 60 })).toMatch(/longer than a minute/);
  expect(judgePublishing({ ...going, waiting: 0, oldestSeconds: undefined, hasProcess: false })).toBeUndefined();
});
