import { channel } from 'node:diagnostics_channel';
import type { RowEvent } from '../handlers/row-event.ts';

/** What a change of legacy's log was translated into, by one of the read models. */
export interface TranslatedEvents {
  /** `schema.table` */
  readonly source: string;
  readonly events: readonly RowEvent[];
}

/**
 * For who looks at what goes by: translating is done deep within each read model, and nothing else leads from there. While nobody
 * looks it costs a question. The transaction that it happens in may still be rolled back, and be done again.
 */
const translated = channel('strangler-fig:translated-events');

export function tellTranslated(told: TranslatedEvents): void {
  if (translated.hasSubscribers) translated.publish(told);
}

/** Until the returned function is called. `listener` must not throw. */
export function listenToTranslated(listener: (told: TranslatedEvents) => void): () => void {
  const heard = (message: unknown): void => listener(message as TranslatedEvents);
  translated.subscribe(heard);
  return () => translated.unsubscribe(heard);
}
