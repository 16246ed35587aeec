import type { LargeTransaction, SourceTransaction } from './change.ts';

/** Somebody who looks at the stream beside the projections. */
export interface StreamWatcher {
  /**
   * Called for every transaction in the order of commits, when every projection has applied it. At a marker of ours
   * nothing that comes after it is applied yet, and nothing is until this resolves.
   */
  onTransaction(transaction: SourceTransaction): Promise<void>;
  /** The same for a transaction that is too large to be looked at: it may have touched any row. It holds no marker of ours. */
  onLarge(transaction: LargeTransaction): void;
}
