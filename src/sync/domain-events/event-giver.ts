import type { Knex } from 'knex';
import type { ReadModelEvents } from '../../config/read-model-events.ts';
import type { RowEvent } from '../handlers/row-event.ts';
import { checkEvent, readEvent } from './check-event.ts';

/** Calls the handler of an event's type. One that is declared and has none is passed over. Throws UnknownEvent, InvalidEvent. */
export async function giveEvent(
  tx: Knex.Transaction,
  row: RowEvent,
  { handlers, otherwise, types }: Pick<ReadModelEvents, 'handlers' | 'otherwise' | 'types'>,
): Promise<void> {
  const event = readEvent(row);
  const handler = Object.hasOwn(handlers, event.type) ? handlers[event.type] : otherwise;
  if (!handler && types.has(event.type)) return;
  const checked = checkEvent(event, types);
  await handler?.(checked, tx);
}
