import type { Change, LargeTransaction } from '../change.ts';

/** What was applied in one go by every projection. */
export interface AppliedBatch {
  readonly size: 'small' | 'large';
  readonly transactions: number;
  readonly changes: Readonly<Record<Change['kind'], number>>;
  readonly seconds: number;
}

/** Counts changes by kind. */
export class ChangeTally {
  readonly counts: Record<Change['kind'], number> = { insert: 0, update: 0, delete: 0, truncate: 0 };

  add(changes: readonly Change[]): void {
    for (const { kind } of changes) this.counts[kind] += 1;
  }
}

/** The same transaction, whose changes are counted while they are read; the count is that of the last whole reading. */
export function tallied(transaction: LargeTransaction, onRead: (tally: ChangeTally) => void): LargeTransaction {
  return {
    xid: transaction.xid,
    endPosition: transaction.endPosition,
    committedAtMs: transaction.committedAtMs,
    release: () => transaction.release(),
    async *pieces() {
      const tally = new ChangeTally();
      for await (const piece of transaction.pieces()) {
        tally.add(piece.changes);
        yield piece;
      }
      onRead(tally);
    },
  };
}
