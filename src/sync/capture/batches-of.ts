import type { Position } from '../../kernel/position.ts';
import type { BatchLimits } from '../batch-limits.ts';
import type { LargeTransaction, SourceTransaction, StreamEvent } from '../change.ts';
import { isMarked } from '../is-marked.ts';

/** What is applied in one go, or told. */
export type StreamStep =
  | { readonly type: 'batch'; readonly transactions: readonly SourceTransaction[] }
  | { readonly type: 'large'; readonly transaction: LargeTransaction }
  | { readonly type: 'position'; readonly position: Position };

/**
 * Puts small transactions together to batches within the limits, in order. A marker of ours ends its batch, so that
 * whoever watches for it finds the target standing exactly there. A position that is followed by more is not worth a step
 * of its own. No I/O.
 */
export function* batchesOf(events: Iterable<StreamEvent>, most: Omit<BatchLimits, 'waitMs'>): Generator<StreamStep> {
  let transactions: SourceTransaction[] = [];
  let [rows, bytes] = [0, 0];
  let idle: Extract<StreamEvent, { type: 'position' }> | undefined;
  const ended = function* (): Generator<StreamStep> {
    if (transactions.length > 0) yield { type: 'batch', transactions };
    transactions = [];
    [rows, bytes] = [0, 0];
  };
  for (const event of events) {
    idle = event.type === 'position' ? event : undefined;
    if (event.type === 'position') continue;
    if (event.type === 'large') {
      yield* ended();
      yield event;
      continue;
    }
    transactions.push(event.transaction);
    rows += event.transaction.changes.length;
    bytes += event.bytes;
    if (isMarked(event.transaction) || rows >= most.rows || bytes >= most.bytes) yield* ended();
  }
  yield* ended();
  if (idle) yield idle;
}
