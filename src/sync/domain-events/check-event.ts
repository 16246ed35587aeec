import type { DomainEvent } from '../../config/domain-event.ts';
import type { EventTypes } from '../../config/event-types.ts';
import { OwnError } from '../dead-letters/own-error.ts';
import { parseEventJson } from '../kafka/domain-events/event-json.ts';
import type { RowEvent } from '../handlers/row-event.ts';

/** The event has a type that nobody declared. */
export class UnknownEvent extends OwnError {
  override readonly name = 'UnknownEvent';
}

/** The event lacks something, or its data is not what the schema of its type asks for. */
export class InvalidEvent extends OwnError {
  override readonly name = 'InvalidEvent';
}

/** A type may be told; what stands in its place by mistake may be anything. */
const NAME = /^[\w.:/-]{1,120}$/;

/** The event with its data as it came. Throws InvalidEvent. No I/O. */
export function readEvent({ after, position, committedAtMs }: RowEvent): DomainEvent {
  const { id, type, key, at, data } = after ?? {};
  const missing = Object.entries({ id, type, key }).flatMap(([part, value]) => (value ? [] : [part]));
  if (!id || !type || !key) throw new InvalidEvent(`the event has no ${missing.join(' and no ')}`);
  return { id, type, key, at: timeOf(at ?? null, committedAtMs), data: parsed(data ?? null), position };
}

/** The event with its data as the schema returns it. Throws UnknownEvent, InvalidEvent, and what the schema throws. No I/O. */
export function checkEvent(event: DomainEvent, types: EventTypes): DomainEvent {
  const { type } = event;
  const name = NAME.test(type) ? type : '(unreadable)';
  if (!types.has(type)) throw new UnknownEvent(`the type ${name} is not declared in domainEvents.types`);
  const checked = types.check(type, event.data);
  if ('problems' in checked) throw new InvalidEvent(`the data of ${name} does not fit: ${checked.problems.join(', ')}`);
  return { ...event, data: checked.data };
}

function timeOf(text: string | null, committedAtMs: number | undefined): Date | undefined {
  if (text === null) return committedAtMs === undefined ? undefined : new Date(committedAtMs);
  // PostgreSQL prints `2024-02-29 10:34:56.789012+00`, without the zone where the column has none.
  const iso = text.replace(' ', 'T').replace(/(T.*[+-]\d{2})$/, '$1:00');
  const at = new Date(/T.*(Z|[+-]\d{2}:\d{2})$/.test(iso) ? iso : `${iso}Z`);
  if (Number.isNaN(at.getTime())) throw new InvalidEvent('the time of the event is no time');
  return at;
}

function parsed(data: string | null): unknown {
  if (data === null) return undefined;
  try {
    return parseEventJson(data);
  } catch {
    throw new InvalidEvent('the data of the event is no JSON');
  }
}
