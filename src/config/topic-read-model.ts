import type { Knex } from 'knex';
import type { DomainEvent } from './domain-event.ts';
import { durationMs } from './duration.ts';
import type { KeyValue } from './source-row.ts';

/**
 * Writes to the read model's tables what an event means for it, with `tx`: the transaction that also keeps how far the topic is
 * read, so that every event takes effect exactly once. What is done outside of it may be done again.
 */
export type TopicEventHandler = (event: DomainEvent, tx: Knex) => PromiseLike<unknown> | void;

const DEFAULT_SETTLE = '5s';

/** A read model that handlers write from events of topics which other services fill: nothing of it comes from legacy's log. */
export interface TopicReadModelDefinition {
  /** Name of its table, lower case with underscores. */
  readonly name: string;
  /** Raise it whenever tables or handlers change: the new version is read from the topics anew. */
  readonly version: number;
  /** Column of its table that holds the key that `eventKeyOf` returns. */
  readonly key: string;
  /** Declares the columns of the table. */
  readonly table: (table: Knex.CreateTableBuilder) => void;
  /** Further tables that handlers write, by name. */
  readonly tables?: Readonly<Record<string, (table: Knex.CreateTableBuilder) => void>> | undefined;
  /** Names of topics of `domainEvents.topics`. */
  readonly topics: readonly string[];
  /**
   * How long it takes at most from the answer to a write until its event is in the topic, such as `5s`: for so long, and until
   * it is read, whoever wrote is answered by legacy. Default `5s`.
   */
  readonly settle?: string | undefined;
  /** By type of event. A type that is declared and not named here means nothing to this read model. */
  readonly on: Readonly<Record<string, TopicEventHandler>>;
  /**
   * The keys of the read model that an event is about. While an event waits, reads of these keys go to legacy; without it
   * all reads of the feature do. Also asked of events whose data the schema refuses.
   */
  readonly eventKeyOf?: ((event: DomainEvent) => KeyValue | readonly KeyValue[]) | undefined;
}

/** Its `settle`, in milliseconds. */
export function settleMsOf({ settle = DEFAULT_SETTLE }: Pick<TopicReadModelDefinition, 'settle'>): number {
  return durationMs(settle);
}
