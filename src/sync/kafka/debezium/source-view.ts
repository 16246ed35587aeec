import type { Position } from '../../../kernel/position.ts';
import type { LogicalMessage, SourceTransaction } from '../../change.ts';
import type { CutTransaction, EndedTransaction } from './join-transactions.ts';
import type { TopicEvent } from './topic-decoder.ts';

/** What the legacy server tells beside the topics. */
export interface SourceView {
  /** Whether everything that ends at or before the position is in the topics. */
  hasWritten(position: Position): boolean;
  /** Told of each message as it comes, before it is its turn. */
  saw(message: LogicalMessage): void;
  /** Whether changes are missing before the end of this transaction. Asked for each, in their order. */
  isGapBefore(transaction: SourceTransaction): boolean;
  /** Whether rows may be missing that were inserted at one place of the log with the last that was sent before the cut. */
  lacksRows(ended: EndedTransaction, cut: CutTransaction<TopicEvent>): Promise<boolean>;
}
