import type { Knex } from 'knex';
import type { SourceRow } from './source-row.ts';

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
