import type { Change, LogicalMessage } from './change.ts';

type Made = { readonly change: Change; readonly number: number } | { readonly message: LogicalMessage };

/** Changes and logical messages of a transaction, or of a piece of one, in the order in which they were made. No I/O. */
export function* asTheyWereMade(
  changes: readonly Change[],
  messages: readonly LogicalMessage[] = [],
): Generator<Made, void, undefined> {
  let next = 0;
  for (const [number, change] of changes.entries()) {
    for (; (messages[next]?.after ?? Infinity) <= number; next += 1) yield { message: messages[next]! };
    yield { change, number };
  }
  for (; next < messages.length; next += 1) yield { message: messages[next]! };
}
