import type { LargeTransaction, SourceTransaction, StreamEvent } from '../change.ts';
import { messagePrefix } from '../postgres/source-position.ts';
import type { Position } from '../../kernel/position.ts';

/** What is applied in one go, or told. */
export type StreamStep =
  | { readonly type: 'batch'; readonly transactions: readonly SourceTransaction[] }
  | { readonly type: 'large'; readonly transaction: LargeTransaction }
  | { readonly type: 'position'; readonly position: Position };

/**
 * Puts small transactions together to batches of about `mostChanges`, in order. A marker of ours ends its batch, so that
 * whoever watches for it finds the target standing exactly there. No I/O.
 */
export function* batchesOf(events: Iterable<StreamEvent>, mostChanges: number): Generator<StreamStep> {
  let transactions: SourceTransaction[] = [];
  let changes = 0;
  const ended = function* (): Generator<StreamStep> {
    if (transactions.length > 0) yield { type: 'batch', transactions };
    transactions = [];
    changes = 0;
  };
  for (const event of events) {
    if (event.type !== 'transaction') {
      yield* ended();
      yield event;
      continue;
    }
    transactions.push(event.transaction);
    changes += event.transaction.changes.length;
    const isMarked = event.transaction.messages.some(({ prefix }) => prefix === messagePrefix);
    if (isMarked || changes >= mostChanges) yield* ended();
  }
  yield* ended();
}
