import type { DomainEvent } from '../../config/domain-event.ts';
import type { EventReadModelDefinition } from '../../config/event-read-model.ts';
import type { RowEvent } from '../handlers/row-event.ts';
import { checkEvent, readEvent } from './check-event.ts';

/** The keys of the read model that an event is about, as `eventKeyOf` says; undefined when it does not. No I/O. */
export function eventModelKeys(
  { events, eventKeyOf }: Pick<EventReadModelDefinition, 'events' | 'eventKeyOf'>,
  row: RowEvent,
): readonly string[] | undefined {
  if (!events || !eventKeyOf) return undefined;
  try {
    const found = [eventKeyOf(checkedIfItFits(readEvent(row)))].flat();
    return found.some((key) => key === null || key === undefined) ? undefined : [...new Set(found.map(String))];
  } catch {
    return undefined;
  }

  function checkedIfItFits(event: DomainEvent): DomainEvent {
    try {
      return checkEvent(event, events!.types);
    } catch {
      return event;
    }
  }
}
