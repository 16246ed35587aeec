import type { DomainEvent } from '../../../config/domain-event.ts';
import type { CheckedData, EventTypes } from '../../../config/event-types.ts';
import type { DecodedMessage } from './decoded-message.ts';

// Nothing here does I/O.

/** What is to be done with a message. */
export type EventVerdict =
  | { readonly do: 'give'; readonly event: DomainEvent }
  /** It means nothing to the read model. */
  | { readonly do: 'pass' }
  /** Without values. The event is there where it could be read. */
  | { readonly do: 'park'; readonly reason: string; readonly event: DomainEvent | undefined };

export interface EventRules {
  readonly types: EventTypes;
  /** Types that the topic may have and nobody declares. */
  readonly ignore: ReadonlySet<string>;
  /** Types that the read model has handlers for. */
  readonly handled: ReadonlySet<string>;
}

export function judgeEvent(decoded: DecodedMessage, { types, ignore, handled }: EventRules): EventVerdict {
  if (decoded.kind === 'nothing') return { do: 'pass' };
  if (decoded.kind === 'refused') return { do: 'park', reason: decoded.reason, event: undefined };
  const { event } = decoded;
  if (!types.has(event.type)) {
    if (ignore.has(event.type)) return { do: 'pass' };
    return { do: 'park', reason: `its type${shownName(event.type)} is not declared in domainEvents.types`, event };
  }
  if (!handled.has(event.type)) return { do: 'pass' };
  const checked = check(types, event);
  if (checked === undefined) return { do: 'park', reason: `the schema of ${event.type} throws`, event };
  if ('data' in checked) return { do: 'give', event: { ...event, data: checked.data } };
  const problems = checked.problems.join(', ');
  return { do: 'park', reason: `its data does not fit the schema of ${event.type}: ${problems}`, event };
}

/** Undefined: it throws, as one does that has to be waited for. */
function check(types: EventTypes, { type, data }: DomainEvent): CheckedData | undefined {
  try {
    return types.check(type, data);
  } catch {
    return undefined;
  }
}

/** A type is a name; what does not look like one is not shown. */
function shownName(name: string): string {
  return /^[A-Za-z][\w.:/-]{0,99}$/.test(name) ? ` ${name}` : '';
}
