import type { Position } from '../../kernel/position.ts';

/** Stands for a large value that an update did not touch and that the server therefore did not send. Never null. */
export const unchanged: unique symbol = Symbol('unchanged TOAST value');

/** A value as PostgreSQL prints it. */
export type RawValue = string | null;
export type SentValue = RawValue | typeof unchanged;

export interface RelationColumn {
  readonly name: string;
  readonly isKey: boolean;
  readonly typeOid: number;
  readonly typeModifier: number;
}

export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  /** `d`efault, `n`othing, `f`ull, `i`ndex. */
  readonly replicaIdentity: string;
  readonly columns: readonly RelationColumn[];
}

/** One message of the pgoutput plugin, protocol version 2. */
export type PgoutputMessage =
  | { readonly type: 'begin'; readonly finalLsn: Position; readonly committedAtMs: number; readonly xid: number }
  | { readonly type: 'commit'; readonly commitLsn: Position; readonly endLsn: Position; readonly committedAtMs: number }
  | { readonly type: 'origin'; readonly name: string }
  | { readonly type: 'relation'; readonly relation: Relation }
  | { readonly type: 'type'; readonly oid: number; readonly schema: string; readonly name: string }
  | { readonly type: 'insert'; readonly relationOid: number; readonly row: readonly SentValue[] }
  | {
      readonly type: 'update';
      readonly relationOid: number;
      /** Old key or old row, when the key changed or the table's replica identity is full. */
      readonly old: readonly SentValue[] | undefined;
      readonly row: readonly SentValue[];
    }
  | { readonly type: 'delete'; readonly relationOid: number; readonly old: readonly SentValue[] }
  | { readonly type: 'truncate'; readonly relationOids: readonly number[] }
  | {
      readonly type: 'message';
      readonly transactional: boolean;
      readonly lsn: Position;
      readonly prefix: string;
      readonly content: Buffer;
    }
  /** A block of a transaction that is not committed yet begins; everything up to its end belongs to it. */
  | { readonly type: 'streamStart'; readonly xid: number }
  | { readonly type: 'streamStop' }
  | {
      readonly type: 'streamCommit';
      readonly xid: number;
      readonly commitLsn: Position;
      readonly endLsn: Position;
      readonly committedAtMs: number;
    }
  /** `subXid` was rolled back: a subtransaction, or the whole transaction when it equals `xid`. */
  | { readonly type: 'streamAbort'; readonly xid: number; readonly subXid: number };
