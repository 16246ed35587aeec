import type { SourceTransaction } from './change.ts';

/** Somebody who looks at the stream beside the projections. */
export interface StreamWatcher {
  /**
   * Called for every transaction in the order of commits, when every projection has applied it. At a marker of ours
   * nothing that comes after it is applied yet, and nothing is until this resolves.
   */
  onTransaction(transaction: SourceTransaction): Promise<void>;
}
