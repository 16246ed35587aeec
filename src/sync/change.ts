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
  /** How many of the changes beside it were made before it; undefined: it comes after all. */
  readonly after?: number | undefined;
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

/** A part of a transaction that fits into memory. */
export interface TransactionPiece {
  readonly changes: readonly Change[];
  readonly messages: readonly LogicalMessage[];
  /** As in `SourceTransaction`; they hold for the changes of this piece and of later ones. */
  readonly relations: readonly Relation[];
}

/** A whole committed transaction that is too large for memory: its changes are read in pieces. */
export interface LargeTransaction {
  readonly xid: number;
  readonly endPosition: Position;
  readonly committedAtMs: number;
  /** All pieces in order. May be read any number of times until it is released or the session ends. */
  pieces(): AsyncIterable<TransactionPiece>;
  /** Gives the disk space back. */
  release(): Promise<void>;
}

export type StreamEvent =
  /** With its length on the wire. */
  | { readonly type: 'transaction'; readonly transaction: SourceTransaction; readonly bytes: number }
  | { readonly type: 'large'; readonly transaction: LargeTransaction }
  /** Nothing that matters lies before this position and after the last transaction. */
  | { readonly type: 'position'; readonly position: Position };
