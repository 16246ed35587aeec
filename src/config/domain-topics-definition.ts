import type { EventSchema } from './event-schema.ts';
import type { EventTypes } from './event-types.ts';
import type { KafkaSecurityDefinition, NormalizedKafkaSecurity } from './events-definition.ts';

/** How events are written into a topic: CloudEvents 1.0 (structured or binary), or Debezium's outbox router. */
export type EventFormat = 'cloudevents' | 'debezium-outbox';

/** A topic of events that other services write. */
export interface EventTopicDefinition {
  readonly topic: string;
  readonly format: EventFormat;
  /** `host:port` of some of the brokers. Default: those of `events`. */
  readonly brokers?: readonly string[] | undefined;
  /** Default: that of `events`, where the brokers are. */
  readonly security?: KafkaSecurityDefinition | undefined;
  /** Where a new read model begins: with the first event that the topic has, or with the next. Default `beginning`. */
  readonly from?: 'beginning' | 'now' | undefined;
  /** Types of events that are passed over; any other that is not declared becomes a dead letter. */
  readonly ignore?: readonly string[] | undefined;
}

/** A table of events in a legacy database that has no log that can be read. */
export interface RelayDefinition {
  readonly outbox: {
    /** `schema.table` when not in `public`. */
    readonly table: string;
    /** Columns that hold what an event is made of. `id` is unique, and rises in the order in which the events of a key happened. */
    readonly id: string;
    readonly type: string;
    readonly key: string;
    readonly data: string;
    /** Column of the time at which it happened. */
    readonly at?: string | undefined;
  };
  readonly to: Pick<EventTopicDefinition, 'topic' | 'format' | 'brokers' | 'security'> & {
    /** Of CloudEvents: who the events come from. Default: `/` and the name of the migration. */
    readonly source?: string | undefined;
  };
  /** Events that are sent at once. Default 100. */
  readonly batch?: number | undefined;
}

export interface DomainTopicsDefinition {
  /** Schema of the data of each type; zod's or any other with `safeParse`. */
  readonly types: Readonly<Record<string, EventSchema>>;
  readonly topics?: readonly EventTopicDefinition[] | undefined;
  readonly relay?: RelayDefinition | undefined;
}

/** Which brokers, and how fig gets in. */
export interface TopicBrokers {
  readonly brokers: readonly string[];
  readonly security: NormalizedKafkaSecurity;
}

export interface NormalizedEventTopic extends TopicBrokers {
  readonly topic: string;
  readonly format: EventFormat;
  readonly from: 'beginning' | 'now';
  readonly ignore: ReadonlySet<string>;
}

export interface NormalizedRelay {
  readonly outbox: RelayDefinition['outbox'];
  readonly to: TopicBrokers & { readonly topic: string; readonly format: EventFormat; readonly source: string };
  readonly batch: number;
}

export interface NormalizedDomainTopics {
  readonly types: EventTypes;
  /** By name. */
  readonly topics: ReadonlyMap<string, NormalizedEventTopic>;
  readonly relay: NormalizedRelay | undefined;
}
