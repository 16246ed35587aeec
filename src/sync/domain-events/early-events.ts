import type { Knex } from 'knex';
import { EarlyEventStore } from '../../store/early-event-store.ts';
import type { RowEvent } from '../handlers/row-event.ts';
import { eventRow, type RawEvent } from './event-row.ts';

/** Given in one transaction. */
const GIVEN_AT_ONCE = 200;

/**
 * Events that the log brings while a read model is given its history. They wait for the end of that, in their order: an event
 * of a key comes after the earlier ones, and a row of the outbox may be deleted before its turn.
 */
export class EarlyEvents {
  readonly #projection: string;
  readonly #store = new EarlyEventStore();

  constructor(projection: string) {
    this.#projection = projection;
  }

  async add(tx: Knex.Transaction, events: readonly RowEvent[]): Promise<void> {
    await this.#store.add(
      tx,
      this.#projection,
      events.map(({ after, position, committedAtMs }) => ({ event: after!, position, committedAtMs })),
    );
  }

  /** Those that do not wait: what waits is no part of the history. */
  async without(tx: Knex.Transaction, events: readonly RowEvent[]): Promise<readonly RowEvent[]> {
    const ids = events.flatMap(({ after }) => after?.['id'] ?? []);
    const waiting = await this.#store.known(tx, this.#projection, ids);
    return events.filter(({ after }) => !waiting.has(after?.['id'] ?? ''));
  }

  /** Takes the next ones; none: there are no others. */
  async take(tx: Knex.Transaction): Promise<readonly RowEvent[]> {
    const taken = await this.#store.take(tx, this.#projection, GIVEN_AT_ONCE);
    return taken.map(({ event, ...place }) => eventRow(event as unknown as RawEvent, place));
  }
}
