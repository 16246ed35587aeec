import type { RowEvent } from '../handlers/row-event.ts';
import { eventSource } from './event-source.ts';

// Nothing here does I/O.

/** A domain event before anybody looked into it. */
export interface RawEvent {
  readonly id: string | null;
  readonly type: string | null;
  readonly key: string | null;
  /** As ISO 8601 or as PostgreSQL prints it. */
  readonly at: string | null;
  /** JSON, unless its source wrote something else. */
  readonly data: string | null;
}

/** Where it was met; `committedAtMs` is when it happened, unless its source says more. */
export type EventPlace = Pick<RowEvent, 'position' | 'committedAtMs'>;

/** An event as the queue takes it. One without a key waits under the empty one. */
export function eventRow({ id, type, key, at, data }: RawEvent, { position, committedAtMs }: EventPlace): RowEvent {
  return {
    source: eventSource,
    kind: 'event',
    before: undefined,
    after: { id, type, key: key ?? '', at, data },
    position,
    committedAtMs,
    number: undefined,
  };
}
