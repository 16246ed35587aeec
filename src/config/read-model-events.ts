import type { Translation } from './domain-events-definition.ts';
import type { EventHandler } from './event-handler.ts';
import type { EventTypes } from './event-types.ts';

/** Columns of an outbox that hold what an event is made of. */
export interface OutboxColumns {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly data: string;
  readonly at: string | undefined;
}

/** The domain events that a read model is given, and where in legacy's log they are found. */
export interface ReadModelEvents {
  /** By type. */
  readonly handlers: Readonly<Record<string, EventHandler>>;
  /** Of every other declared type; undefined: they are passed over. */
  readonly otherwise?: EventHandler | undefined;
  readonly types: EventTypes;
  /** `source`: `schema.table`, one of the read model's sources. */
  readonly outbox: { readonly source: string; readonly columns: OutboxColumns } | undefined;
  readonly messagePrefix: string | undefined;
  /** By `schema.table`, each one of the read model's sources. */
  readonly translate: Readonly<Record<string, Translation>>;
}
