import type { DomainEvent } from '../../../config/domain-event.ts';
import type { EncodedEvent } from './decoded-message.ts';
import { eventJson } from './event-json.ts';

// Nothing here does I/O.

/**
 * An event as a CloudEvent 1.0 for Kafka, by default in binary mode: data in the value, attributes in headers. `source` is a
 * URI reference that says who it comes from; with the event's id it tells it from all others. The key is also the
 * attribute `partitionkey`.
 */
export function encodeCloudEvent(
  event: DomainEvent,
  source: string,
  mode: 'binary' | 'structured' = 'binary',
): EncodedEvent {
  const { id, type, key, at, data } = event;
  const attributes = {
    specversion: '1.0',
    id,
    source,
    type,
    ...(at !== undefined && { time: at.toISOString() }),
    partitionkey: key,
  };
  const timestampMs = at?.getTime();
  if (mode === 'structured') {
    const head = JSON.stringify({ ...attributes, datacontenttype: 'application/json' }).slice(0, -1);
    const value = `${head}${data === undefined ? '' : `,"data":${eventJson(data)}`}}`;
    return { key, value, headers: { 'content-type': 'application/cloudevents+json; charset=UTF-8' }, timestampMs };
  }
  const headers = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value]));
  return { key, value: eventJson(data), headers: { 'content-type': 'application/json', ...headers }, timestampMs };
}
