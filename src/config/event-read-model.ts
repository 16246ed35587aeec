import type { Knex } from 'knex';
import type { KeyValue, SourceRow } from './source-row.ts';

interface ChangeFacts {
  /** Name of the source, as in `sources`. */
  readonly table: string;
  /** Where in the log of the legacy database the transaction ends that made the change. */
  readonly position: bigint;
  /** When that was committed; unknown for a `snapshot`, and for what a reconciliation puts right. */
  readonly committedAt: Date | undefined;
}

/** One change of a legacy row. Both rows are whole, also where legacy's log left out large values that did not change. */
export type RowChange =
  /** `snapshot`: the row was there before the read model was. */
  | (ChangeFacts & { readonly kind: 'snapshot' | 'insert'; readonly before: undefined; readonly after: SourceRow })
  | (ChangeFacts & { readonly kind: 'update'; readonly before: SourceRow; readonly after: SourceRow })
  | (ChangeFacts & { readonly kind: 'delete'; readonly before: SourceRow; readonly after: undefined })
  /** All rows of the table went at once. */
  | (ChangeFacts & { readonly kind: 'truncate'; readonly before: undefined; readonly after: undefined });

/**
 * Writes to the read model's tables what a change means for it, with `tx`: the transaction that also moves the position, so
 * that every change takes effect exactly once. What is done outside of it may be done again.
 */
export type ChangeHandler = (change: RowChange, tx: Knex) => PromiseLike<unknown> | void;

export interface EventSourceDefinition {
  /** Column(s) of the primary key in the legacy table. */
  readonly key: string | readonly string[];
  /**
   * The keys of the read model whose rows a source row is part of. While changes of the row are parked, reads of these keys
   * go to legacy; without it all reads of the feature do.
   */
  readonly keyOf?: ((row: SourceRow) => KeyValue | readonly KeyValue[]) | undefined;
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
}
