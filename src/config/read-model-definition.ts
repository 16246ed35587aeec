import type { Knex } from 'knex';
import type { BatchReadModelDefinition } from './batch-read-model.ts';
import type { EventReadModelDefinition, EventReadModelInput } from './event-read-model.ts';
import type { SharedReadModelDefinition } from './shared-read-model.ts';
import type { KeyValue, SourceRow } from './source-row.ts';
import type { TopicReadModelDefinition } from './topic-read-model.ts';

/** Queries the mirror, which holds the captured tables as they were at the read model's position. */
export type Mirror = (table: string) => Knex.QueryBuilder;

export interface SourceDefinition {
  /** Column(s) of the primary key in the legacy table. */
  readonly key: string | readonly string[];
  /**
   * The keys of the read model that a changed row makes dirty. Called with the old and with the new state of the row,
   * after all rows of the batch have landed in the mirror.
   */
  readonly dirty: (row: SourceRow, mirror: Mirror) => readonly KeyValue[] | PromiseLike<readonly KeyValue[]>;
}

export interface ReadModelDefinition {
  /** Name of its table, lower case with underscores. */
  readonly name: string;
  /** Raise it whenever table, sources or build change: the new version is built beside the old one. */
  readonly version: number;
  /** Column that holds the key that `dirty` returns and `build` is called with. */
  readonly key: string;
  /** Declares the columns of the table. */
  readonly table: (table: Knex.CreateTableBuilder) => void;
  /** Legacy tables by name, `schema.table` when not in `public`. */
  readonly sources: Readonly<Record<string, SourceDefinition>>;
  /** Source table whose rows' dirty keys are all the keys there can be. Without it the first build walks every source. */
  readonly root?: string | undefined;
  /** The rows of the read model for these keys, read from the mirror. Keys that are gone give no row. */
  readonly build: (
    keys: readonly string[],
    mirror: Mirror,
    db: Knex,
  ) => PromiseLike<readonly Readonly<Record<string, unknown>>[]>;
}

/**
 * Declares a read model: a table that is kept equal to what `build` gives from the legacy rows. Or, with `on`, what
 * handlers of changes write; with `shared`, queries on the legacy database itself; with `batch`, a table that is loaded as a
 * whole every now and then.
 *
 * @example
 * const orderSummary = defineReadModel({
 *   name: 'order_summary', version: 1, key: 'order_id', root: 'orders',
 *   table: (t) => { t.bigInteger('order_id').primary(); t.decimal('total', 12, 2) },
 *   sources: { orders: { key: 'id', dirty: (row) => [String(row.id)] } },
 *   build: (keys, mirror) => mirror('orders').whereIn('id', keys).select({ order_id: 'id', total: 'total' }),
 * })
 */
export function defineReadModel(definition: ReadModelDefinition): ReadModelDefinition;
export function defineReadModel(definition: TopicReadModelDefinition): TopicReadModelDefinition;
export function defineReadModel<Names extends string, Sources extends string = never>(
  definition: EventReadModelInput<Sources, Names>,
): EventReadModelDefinition;
export function defineReadModel(definition: EventReadModelDefinition): EventReadModelDefinition;
export function defineReadModel(definition: SharedReadModelDefinition): SharedReadModelDefinition;
export function defineReadModel(definition: BatchReadModelDefinition): BatchReadModelDefinition;
export function defineReadModel<T extends object>(definition: T): T {
  // Of events alone.
  const sources = 'on' in definition && !('sources' in definition) && !('topics' in definition) && { sources: {} };
  return Object.freeze({ ...definition, ...sources });
}
