import type { KafkaSecurityDefinition } from './events-definition.ts';

/** What has dead letters in place of a feature: no feature can be called so. */
export const publishedEvents = 'published events';

/** A topic that the domain events of legacy's log are written to, for other teams. */
export interface PublishDefinition {
  /** Must be there. The key of a message is that of the event. */
  readonly topic: string;
  /** CloudEvents 1.0 in binary mode, or what Debezium's outbox router writes. */
  readonly format: 'cloudevents' | 'debezium-outbox';
  /** Of CloudEvents: who the events come from, a URI reference. Default: `/` and the name of the migration. */
  readonly source?: string | undefined;
  /** Of Debezium's format: the aggregate's type. Default: the name of the migration. */
  readonly aggregateType?: string | undefined;
  /** `host:port` of some of the brokers. Default: those of `events`. */
  readonly brokers?: readonly string[] | undefined;
  /** Default: that of `events`, where the brokers are. */
  readonly security?: KafkaSecurityDefinition | undefined;
  /** Whether what `translate` makes of rows that were there before is published. Default false. */
  readonly history?: boolean | undefined;
}
