import type { DomainTopicsDefinition } from './domain-topics-definition.ts';
import type { EventSchema } from './event-schema.ts';
import type { EventTypes } from './event-types.ts';
import type { RowChange } from './row-change.ts';
import type { PublishDefinition } from './publish-definition.ts';
import type { KeyValue } from './source-row.ts';

/** A table of legacy's into which events are inserted. What is done to its rows later means nothing. */
export interface OutboxDefinition {
  /** `schema.table` when not in `public`. */
  readonly table: string;
  /** Columns that hold what an event is made of. `data`: JSON. */
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly data: string;
  /** Column of the time at which it happened. Default: when its transaction was committed. */
  readonly at?: string | undefined;
  /** Column(s) of the table's primary key, in whose order the rows that are there are given at first. Default: `id`. */
  readonly primaryKey?: string | readonly string[] | undefined;
}

/** Events that legacy writes by `pg_logical_emit_message(true, prefix, '{"id", "type", "key", "at", "data"}')`. */
export interface MessagesDefinition {
  readonly prefix: string;
}

/** An event that a change of a row is translated into. */
export interface DomainEventDraft {
  /** Default: made of the place of the change in legacy's log, so that the same change gives the same ids. */
  readonly id?: string | undefined;
  readonly type: string;
  readonly key: KeyValue;
  /** Default: when the change was committed. */
  readonly at?: Date | undefined;
  /** What JSON can hold. */
  readonly data: unknown;
}

/** The events that a change means. Only the change counts, and no clock: it may be asked again. */
export type Translation = (change: RowChange) => DomainEventDraft | readonly DomainEventDraft[] | undefined;

export interface TranslationDefinition {
  /** Column(s) of the primary key in the legacy table. Default: `id`, or as the read model's `sources` say. */
  readonly key?: string | readonly string[] | undefined;
  /** Types that it gives: only read models with a handler for one of them follow the table. Default: it may give all. */
  readonly types?: readonly string[] | undefined;
  readonly change: Translation;
}

/** The events that come through legacy's log. */
export interface LoggedEvents extends Pick<DomainEventsDefinition, 'outbox' | 'messages' | 'translate'> {
  readonly types: DomainEventsDefinition['types'] | EventTypes;
}

export interface DomainEventsDefinition extends Pick<DomainTopicsDefinition, 'topics' | 'relay'> {
  /** Schema of the data of each type; zod's or any other with `safeParse`. */
  readonly types: Readonly<Record<string, EventSchema>>;
  readonly outbox?: OutboxDefinition | undefined;
  readonly messages?: MessagesDefinition | undefined;
  /** By legacy table, `schema.table` when not in `public`. */
  readonly translate?: Readonly<Record<string, Translation | TranslationDefinition>> | undefined;
  readonly publish?: PublishDefinition | undefined;
}
