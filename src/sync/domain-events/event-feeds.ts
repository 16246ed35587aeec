import type { ReadModelEvents } from '../../config/read-model-events.ts';
import type { Change, LogicalMessage } from '../change.ts';
import type { RowEvent } from '../handlers/row-event.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import type { EventPlace } from './event-row.ts';
import { translatedSource } from './event-source.ts';
import { messageEvent } from './message-event.ts';
import { outboxEvent } from './outbox-event.ts';
import { translateChange } from './translate-change.ts';
import { tellTranslated } from './translated-events.ts';

/** Finds the domain events of a read model in what comes from legacy's log. No I/O. */
export class EventFeeds {
  readonly #events: ReadModelEvents;
  readonly #mirrors: ReadonlyMap<string, MirrorTable>;
  /** As the definition calls the tables. */
  readonly #names: ReadonlyMap<string, string>;

  /** `names`: as the definition calls the sources, by `schema.table`. */
  constructor(events: ReadModelEvents, mirrors: ReadonlyMap<string, MirrorTable>, names: ReadonlyMap<string, string>) {
    this.#events = events;
    this.#mirrors = mirrors;
    this.#names = names;
  }

  /** The event that a change of the log is by itself: an insert into the outbox, which may be deleted at once. */
  ofChange(change: Change, place: EventPlace): readonly RowEvent[] {
    const { outbox } = this.#events;
    if (!outbox || change.kind !== 'insert' || change.table !== outbox.source) return [];
    return [outboxEvent(change.row, outbox.columns, place)];
  }

  ofMessage({ prefix, content }: LogicalMessage, place: EventPlace): readonly RowEvent[] {
    return prefix === this.#events.messagePrefix ? [messageEvent(content, place)] : [];
  }

  /** The event that a row is which was there before the read model, or which was found to be missing. */
  ofRow({ source, after, ...place }: RowEvent): readonly RowEvent[] {
    const { outbox } = this.#events;
    return outbox?.source === source && after ? [outboxEvent(after, outbox.columns, place)] : [];
  }

  isOutbox(source: string): boolean {
    return this.#events.outbox?.source === source;
  }

  translates(source: string): boolean {
    return source in this.#events.translate;
  }

  /** The events of a change that waits as a translation. Throws what the translation throws. */
  translate(event: RowEvent): readonly RowEvent[] {
    const source = translatedSource(event.source)!;
    const change = { ...event, source };
    const translation = this.#events.translate[source]!;
    const events = translateChange(translation, change, this.#mirrors.get(source)!, this.#names.get(source)!);
    // What was there before is history, which does not go by.
    if (events.length > 0 && event.kind !== 'snapshot') tellTranslated({ source, events });
    return events;
  }
}
