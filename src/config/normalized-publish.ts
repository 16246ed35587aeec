import type { LoggedEvents } from './domain-events-definition.ts';
import type { EventTypes } from './event-types.ts';
import type { NormalizedKafkaSecurity } from './events-definition.ts';

export interface NormalizedPublish {
  readonly topic: string;
  readonly format: 'cloudevents' | 'debezium-outbox';
  readonly source: string;
  readonly aggregateType: string;
  readonly brokers: readonly string[];
  readonly security: NormalizedKafkaSecurity;
  readonly history: boolean;
  /** What is published. */
  readonly domainEvents: LoggedEvents & { readonly types: EventTypes };
}
