import type { DomainEvent } from '../../../config/domain-event.ts';
import type { EncodedEvent } from './decoded-message.ts';
import { eventJson } from './event-json.ts';

// Nothing here does I/O.

/**
 * An event as Debezium's outbox router writes it with `expand.json.payload=true`, no schemas, and
 * `table.fields.additional.placement=type:header:eventType,aggregatetype:header:aggregateType`. When it happened is the time
 * of the record, as with `table.field.event.timestamp`.
 */
export function encodeOutboxEvent({ id, type, key, at, data }: DomainEvent, aggregateType: string): EncodedEvent {
  return {
    key,
    value: eventJson(data),
    headers: { id, eventType: type, aggregateType },
    timestampMs: at?.getTime(),
  };
}
