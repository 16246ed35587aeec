import type { Knex } from 'knex';
import type { DomainEvent } from './domain-event.ts';
import type { EventHandler } from './event-handler.ts';
import type { ReadModelEvents } from './read-model-events.ts';
import type { ChangeHandler } from './row-change.ts';
import type { KeyValue, SourceRow } from './source-row.ts';

export interface EventSourceDefinition {
  /** Column(s) of the primary key in the legacy table. */
  readonly key: string | readonly string[];
  /**
   * The keys of the read model whose rows a source row is part of. While changes of the row are parked, reads of these keys
   * go to legacy; without it all reads of the feature do.
   */
  readonly keyOf?: ((row: SourceRow) => KeyValue | readonly KeyValue[]) | undefined;
}

/** What `on` may name: each of the sources has a handler of its changes, every other name is the type of an event. */
export type HandlersOf<Sources extends string, Names extends string> = {
  readonly [Name in Names]: Name extends Sources ? ChangeHandler : EventHandler;
};

/** A read model as it is written down: handlers of domain events beside those of changes. */
export interface EventReadModelInput<Sources extends string, Names extends string> extends Omit<
  EventReadModelDefinition,
  'sources' | 'on' | 'events'
> {
  /** None where it is made of events alone. */
  readonly sources?: { readonly [Source in Sources]: EventSourceDefinition };
  readonly on: HandlersOf<Sources, Names>;
}

/** A read model that handlers write, change by change. */
export interface EventReadModelDefinition {
  /** Name of its table, lower case with underscores. */
  readonly name: string;
  /** Raise it whenever tables, sources or handlers change: the new version is made beside the old one. */
  readonly version: number;
  /** Column of its table that holds the key that `keyOf` returns. */
  readonly key: string;
  /** Declares the columns of the table. */
  readonly table: (table: Knex.CreateTableBuilder) => void;
  /** Further tables that handlers write, by name. */
  readonly tables?: Readonly<Record<string, (table: Knex.CreateTableBuilder) => void>> | undefined;
  /** Legacy tables by name, `schema.table` when not in `public`. Their rows are met in this order at first. */
  readonly sources: Readonly<Record<string, EventSourceDefinition>>;
  /** What to do with the changes of each source, in the order in which legacy committed them. */
  readonly on: Readonly<Record<string, ChangeHandler>>;
  /**
   * The keys of the read model that an event is about. While an event waits, reads of these keys go to legacy; without it
   * all reads of the feature do. Also asked of events whose data the schema refuses.
   */
  readonly eventKeyOf?: ((event: DomainEvent) => KeyValue | readonly KeyValue[]) | undefined;
  /** Filled in when a config is loaded that has handlers of domain events: they are moved here from `on`. */
  readonly events?: ReadModelEvents | undefined;
}
