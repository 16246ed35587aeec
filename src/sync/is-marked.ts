import type { SourceTransaction } from './change.ts';
import { messagePrefix } from './postgres/source-position.ts';

/** Whether a transaction holds a message of our own, for which somebody waits. */
export function isMarked({ messages }: SourceTransaction): boolean {
  return messages.some(({ prefix }) => prefix === messagePrefix);
}
