import type { PartitionStatus, WorkerStatus } from '../transport/transport-status.ts';

/** Domain events that come by topics of others, and those that are published. */
export interface EventsStatus {
  /** Read models that are made of topics. */
  readonly readModels: readonly EventReaderStatus[];
  /** Undefined: nothing is to be published. */
  readonly publishing: PublishingStatus | undefined;
}

/** A read model that is made of topics, and the process that reads them. */
export interface EventReaderStatus {
  /** `account_v1` */
  readonly readModel: string;
  readonly topics: readonly string[];
  /** Undefined: none reads. */
  readonly process: WorkerStatus | undefined;
  /** How often another process came to read. */
  readonly takeovers: number;
  /** Messages that are written and not applied; undefined while that is not known. */
  readonly lagMessages: number | undefined;
  /** Since everything that the topics had was applied; undefined: it never was. */
  readonly lagSeconds: number | undefined;
  readonly messagesPerSecond: number | undefined;
  /** Events that came again and were left out. */
  readonly repeats: number;
  /** Why it does not go on. */
  readonly error: string | undefined;
  readonly partitions: readonly EventPartitionStatus[];
}

export interface EventPartitionStatus extends PartitionStatus {
  /** Since everything in it was applied; undefined: it never was. */
  readonly lagSeconds: number | undefined;
}

export interface PublishingStatus {
  readonly topic: string;
  /** Undefined: none publishes. */
  readonly process: WorkerStatus | undefined;
  /** How often another process came to publish. */
  readonly takeovers: number;
  /** Events that wait to be published; beyond 100,000 perhaps some too many. */
  readonly waiting: number;
  /** Age of the first of them. */
  readonly oldestSeconds: number | undefined;
  /** Log position of the last event that was published, as PostgreSQL prints it; undefined: none was. */
  readonly position: string | undefined;
  readonly publishedSecondsAgo: number | undefined;
  /** Since when nothing can be published, in ISO 8601, and why; undefined: it can. */
  readonly failingSince: string | undefined;
  readonly problem: string | undefined;
  /** Keys whose events are not queued, because one of them does not fit. */
  readonly deadLetters: number;
  /** Ids that are remembered so that none is published twice; an estimate of the store. */
  readonly rememberedIds: number;
  /** One sentence, when events wait and none goes out; undefined: it does not stand still. */
  readonly standsStill: string | undefined;
}
