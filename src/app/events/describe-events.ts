import { formatPosition } from '../../kernel/position.ts';
import type { PublicationState } from '../../store/outgoing-event-store.ts';
import type { TopicStanding } from '../../store/topic-store.ts';
import { isAlive, type SeenWork } from '../../store/transport-work-store.ts';
import type { WorkerStatus } from '../transport/transport-status.ts';
import { readEventReader, readPublisher } from './event-figures.ts';
import type { EventReaderStatus, EventsStatus, PublishingStatus } from './events-status.ts';
import { judgePublishing } from './judge-publishing.ts';

export interface EventReader {
  /** `account_v1` */
  readonly projection: string;
  readonly topics: readonly string[];
  /** Undefined: nobody has begun to read. */
  readonly standing: TopicStanding | undefined;
}

export interface Publication {
  readonly topic: string;
  readonly state: PublicationState;
  readonly deadLetters: number;
}

/** Pure: what all processes have told and what is stored, as one answer. `nowMs`: since the epoch. */
export function describeEvents(
  readers: readonly EventReader[],
  publication: Publication | undefined,
  { told, nowMs }: { readonly told: readonly SeenWork[]; readonly nowMs: number },
): EventsStatus {
  return {
    readModels: readers.map((reader) => readerOf(reader, told)),
    publishing: publication && publishingOf(publication, told, nowMs),
  };
}

function readerOf({ projection, topics, standing }: EventReader, told: readonly SeenWork[]): EventReaderStatus {
  const seen = told.find(({ work, name }) => work === 'read-model' && name === projection);
  const figures = seen && isAlive(seen) ? readEventReader(seen.figures) : undefined;
  return {
    readModel: projection,
    topics,
    process: figures && seen && workerOf(seen),
    takeovers: seen?.takeovers ?? 0,
    lagMessages: figures?.lagMessages,
    lagSeconds: standing?.behindMs === undefined ? undefined : standing.behindMs / 1_000,
    messagesPerSecond: figures?.messagesPerSecond,
    repeats: standing?.repeats ?? 0,
    error: standing?.problem,
    partitions: (figures?.partitions ?? []).map(({ topic, partition, next, end, lagSeconds }) => ({
      topic,
      partition,
      next,
      end,
      lagSeconds,
    })),
  };
}

function publishingOf(
  { topic, state, deadLetters }: Publication,
  told: readonly SeenWork[],
  nowMs: number,
): PublishingStatus {
  const seen = told.find(({ work }) => work === 'publisher');
  const figures = seen && isAlive(seen) ? readPublisher(seen.figures) : undefined;
  const { failingSeconds, problem } = figures ?? {};
  const { waiting, oldestMs, position, publishedMs, remembered } = state;
  const oldestSeconds = oldestMs === undefined ? undefined : oldestMs / 1_000;
  return {
    topic,
    process: figures && seen && workerOf(seen),
    takeovers: seen?.takeovers ?? 0,
    waiting,
    oldestSeconds,
    position: position === undefined ? undefined : formatPosition(position),
    publishedSecondsAgo: publishedMs === undefined ? undefined : publishedMs / 1_000,
    failingSince: failingSeconds === undefined ? undefined : new Date(nowMs - failingSeconds * 1_000).toISOString(),
    problem,
    deadLetters,
    rememberedIds: remembered,
    standsStill: judgePublishing({
      waiting,
      oldestSeconds,
      hasProcess: figures !== undefined,
      failingSeconds,
      problem,
    }),
  };
}

function workerOf({ host, pid, since }: SeenWork): WorkerStatus {
  return { host, pid, since };
}
