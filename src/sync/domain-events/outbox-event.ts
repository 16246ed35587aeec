import type { OutboxColumns } from '../../config/read-model-events.ts';
import type { RowEvent } from '../handlers/row-event.ts';
import type { SentRow } from '../change.ts';
import { type EventPlace, eventRow } from './event-row.ts';

/** The event that a row of an outbox is. What is missing or wrong is found when it is given. No I/O. */
export function outboxEvent(row: SentRow, columns: OutboxColumns, place: EventPlace): RowEvent {
  const value = (column: string | undefined): string | null => {
    const found = column === undefined ? null : row[column];
    return typeof found === 'string' ? found : null;
  };
  const { id, type, key, at, data } = columns;
  return eventRow({ id: value(id), type: value(type), key: value(key), at: value(at), data: value(data) }, place);
}
