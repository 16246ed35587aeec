import type { Knex } from 'knex';
import type { Position } from '../../kernel/position.ts';
import type { DeadLetter } from '../../store/dead-letter-store.ts';
import type { BuildCursor, ProjectionState } from '../../store/projection-store.ts';
import type { Change, LogicalMessage, RawRow } from '../change.ts';
import type { Attempts } from '../dead-letters/attempts.ts';
import type { NetTable } from '../mirror/collapse-changes.ts';

/** How far a projection is. */
export interface Stage {
  readonly state: ProjectionState;
  /** The last row that was walked; undefined before the first. */
  readonly cursor: BuildCursor | undefined;
}

/** Changes of one transaction, or of a part of it. */
export interface CommittedChanges {
  readonly endPosition: Position;
  readonly committedAtMs: number;
  readonly changes: readonly Change[];
  readonly messages?: readonly LogicalMessage[] | undefined;
  /** Number of the first change within the transaction. Default 0. */
  readonly first?: number | undefined;
}

export interface AppliedPiece {
  readonly transactions: readonly CommittedChanges[];
  /** What they leave of each source whose changes are landed. */
  readonly net: ReadonlyMap<string, NetTable>;
  readonly stage: Stage;
}

/** Rows of a mirror in the order of their keys. */
export interface WalkedPage {
  readonly source: string;
  readonly rows: readonly RawRow[];
  readonly position: Position;
}

/** Which of a source's stored rows are read while its changes are applied. */
export type StoredReads =
  /** Those of all keys that changes name. */
  | 'touched'
  /** Those from which rows that changed their key take the large values that were not sent. */
  | 'moved';

/** What a source of a read model that is ready was found to differ in, and how it is put right. */
export interface Correction {
  readonly source: string;
  readonly net: NetTable;
  readonly position: Position;
}

/** How a projection makes the rows of its read model of what comes from the source. All work is done in the transaction given. */
export interface Derivation {
  /** Sources whose mirrors are walked to make every row there is, in this order. */
  readonly walked: readonly string[];
  /** Rows that are walked in one transaction. */
  readonly page: number;
  /** Which rows of a mirror `apply` reads. */
  readsOf(source: string, stage: Stage): StoredReads;
  create(tx: Knex.Transaction): Promise<void>;
  /** Takes all rows away, to make them anew. */
  empty(tx: Knex.Transaction): Promise<void>;
  analyze(tx: Knex.Transaction): Promise<void>;
  /** Lands changes in the mirrors and makes of them what is to be made at this stage. */
  apply(tx: Knex.Transaction, attempts: Attempts, piece: AppliedPiece): Promise<void>;
  /** Makes what comes of rows that were in the mirror before. */
  walk(tx: Knex.Transaction, attempts: Attempts, page: WalkedPage): Promise<void>;
  /**
   * Called when all rows were walked, until it returns 0: gives what came meanwhile and had to wait for that. Returns how
   * much it gave.
   */
  giveEarly(tx: Knex.Transaction, attempts: Attempts): Promise<number>;
  correct(tx: Knex.Transaction, attempts: Attempts, correction: Correction): Promise<void>;
  /** Tries again what a letter stands for. `anew`: that makes no sense before everything was made anew. */
  mend(tx: Knex.Transaction, letter: DeadLetter, stage: Stage): Promise<'tried' | 'anew'>;
  /** Called when the read model goes out of use. `copy`: only copying from legacy mends it, else making all anew. */
  giveUp(tx: Knex.Transaction, until: 'copy' | 'anew'): Promise<void>;
}
