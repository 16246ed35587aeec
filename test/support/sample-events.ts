import type { EventsStatus, PublishingStatus } from '../../src/app/events/events-status.ts';

/** A read model of two partitions that is behind, and a queue that moves. */
export function sampleEvents(over: Partial<PublishingStatus> = {}): EventsStatus {
  const since = new Date(Date.now() - 3 * 60_000 - 10_000).toISOString();
  const process = (host: string, pid: number) => ({ host, pid, since });
  return {
    readModels: [
      {
        readModel: 'account_v1',
        topics: ['payments.events'],
        process: process('sync-2', 12),
        takeovers: 1,
        lagMessages: 23,
        lagSeconds: 1.5,
        messagesPerSecond: 802.2,
        repeats: 4,
        error: undefined,
        partitions: [
          { topic: 'payments.events', partition: 0, next: 80_100, end: 80_123, lagSeconds: 1.5 },
          { topic: 'payments.events', partition: 1, next: 7, end: 7, lagSeconds: 0.2 },
        ],
      },
      {
        readModel: 'refund_v2',
        topics: ['refunds'],
        process: undefined,
        takeovers: 0,
        lagMessages: undefined,
        lagSeconds: undefined,
        messagesPerSecond: undefined,
        repeats: 0,
        error: 'FIG_EVENTS_LOST: messages are gone',
        partitions: [],
      },
    ],
    publishing: {
      topic: 'shop.events',
      process: process('sync-1', 11),
      takeovers: 2,
      waiting: 1_200,
      oldestSeconds: 2,
      position: '0/4A1C2F8',
      publishedSecondsAgo: 0.5,
      failingSince: undefined,
      problem: undefined,
      deadLetters: 1,
      rememberedIds: 90_000,
      standsStill: undefined,
      ...over,
    },
  };
}

/** Nothing goes out since a minute and a half. */
export function sampleStandstill(): EventsStatus {
  return sampleEvents({
    failingSince: new Date(Date.now() - 95_000).toISOString(),
    problem: 'no broker answers',
    standsStill: 'nothing can be published: no broker answers',
  });
}
