import type { RowEvent } from '../handlers/row-event.ts';
import { parseEventJson } from '../kafka/domain-events/event-json.ts';
import { type EventPlace, eventRow, type RawEvent } from './event-row.ts';

/** The event that a logical message is; without parts when its content is no JSON object that has them. No I/O. */
export function messageEvent(content: string, place: EventPlace): RowEvent {
  return eventRow(read(content), place);
}

function read(content: string): RawEvent {
  const parsed = parse(content);
  const { id, type, key, at, data } = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as Readonly<
    Record<string, unknown>
  >;
  return {
    id: textOf(id),
    type: textOf(type),
    key: textOf(key),
    at: textOf(at),
    data: data === undefined ? null : JSON.stringify(data),
  };
}

function parse(content: string): unknown {
  try {
    return parseEventJson(content);
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}
