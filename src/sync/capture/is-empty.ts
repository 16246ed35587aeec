import { type CapturedReadModel, isHandled } from '../../config/read-model-kinds.ts';
import type { SourceTransaction } from '../change.ts';

/** Whether a transaction says nothing to any of these read models: it has no change, and no message that is an event. No I/O. */
export function isEmpty(
  { changes, messages }: Pick<SourceTransaction, 'changes' | 'messages'>,
  readModels: readonly CapturedReadModel[],
): boolean {
  if (changes.length > 0) return false;
  return !messages.some(({ prefix }) =>
    readModels.some((model) => isHandled(model) && model.events?.messagePrefix === prefix),
  );
}
