import type { Position } from '../kernel/position.ts';
import type { RawValue, Relation, SentValue } from './postgres/pgoutput-messages.ts';

/** Column name to value as PostgreSQL prints it. No prototype, so that a column may have any name. */
export type RawRow = Readonly<Record<string, RawValue>>;
export type SentRow = Readonly<Record<string, SentValue>>;

/** One row-level change. `table` is `schema.table`. */
export type Change =
  | { readonly kind: 'insert'; readonly table: string; readonly row: SentRow }
  | {
      readonly kind: 'update';
      readonly table: string;
      /** The key before the change; present when the key changed (or the whole old row is sent). */
      readonly oldKey: RawRow | undefined;
      readonly row: SentRow;
    }
  | { readonly kind: 'delete'; readonly table: string; readonly oldKey: RawRow }
  | { readonly kind: 'truncate'; readonly tables: readonly string[] };

export interface LogicalMessage {
  readonly prefix: string;
  readonly content: string;
}

/** A whole committed transaction of the source, in the order of commits. */
export interface SourceTransaction {
  readonly xid: number;
  /** The end of the commit record: the position that applying this transaction reaches. */
  readonly endPosition: Position;
  readonly committedAtMs: number;
  readonly changes: readonly Change[];
  readonly messages: readonly LogicalMessage[];
  /** Tables as the server described them in this transaction: at their first change, and after they were changed. */
  readonly relations: readonly Relation[];
}

export type StreamEvent =
  | { readonly type: 'transaction'; readonly transaction: SourceTransaction }
  /** Nothing that matters lies before this position and after the last transaction. */
  | { readonly type: 'position'; readonly position: Position };
