import type { Knex } from 'knex';
import { type Attempts, CarefulAttempts } from '../dead-letters/attempts.ts';
import { describeFailure, type Failure } from '../dead-letters/describe-failure.ts';
import type { LetterBook } from '../dead-letters/letter-book.ts';
import { isParkable } from '../dead-letters/transient-errors.ts';
import type { EventFeeds } from '../domain-events/event-feeds.ts';
import { eventSource, translatedSource, translationOf } from '../domain-events/event-source.ts';
import type { ChangeGiver } from './change-giver.ts';
import { EventQueue, TooManyWaiting } from './event-queue.ts';
import type { QueuedSources } from './queued-sources.ts';
import type { RowEvent } from './row-event.ts';

export interface GivingParts {
  readonly projection: string;
  readonly giver: ChangeGiver;
  readonly feeds: EventFeeds | undefined;
  readonly sources: QueuedSources;
  readonly letters: LetterBook;
}

/** What is given in one transaction: each change to its handler and to its translation, each event to the handler of its type. */
export class Giving {
  readonly #parts: GivingParts;
  readonly #tx: Knex.Transaction;
  readonly #careful: CarefulAttempts | undefined;
  readonly #queue: EventQueue;

  private constructor(
    parts: GivingParts,
    tx: Knex.Transaction,
    careful: CarefulAttempts | undefined,
    queue: EventQueue,
  ) {
    this.#parts = parts;
    this.#tx = tx;
    this.#careful = careful;
    this.#queue = queue;
  }

  static async begin(parts: GivingParts, tx: Knex.Transaction, attempts: Attempts): Promise<Giving> {
    const careful = attempts instanceof CarefulAttempts ? attempts : undefined;
    const { projection, sources, letters, giver } = parts;
    const mayHold = letters.count > 0 || careful !== undefined;
    const queue = await EventQueue.open(tx, { projection, sources, mostWaiting: letters.limits.waiting }, mayHold);
    await giver.prepare(tx);
    return new Giving(parts, tx, careful, queue);
  }

  /** Returns the events that are to be given later. `later`: all events of changes are. */
  async giveAll(events: readonly RowEvent[], { later = false } = {}): Promise<readonly RowEvent[]> {
    const kept: RowEvent[] = [];
    for (const event of events) {
      for (const item of this.#itemsOf(event)) {
        const found = translatedSource(item.source) === undefined ? [item] : await this.#translate(item);
        for (const each of found) {
          if (later && each.source === eventSource) kept.push(each);
          else await this.#give(each);
        }
      }
      // The rest is given when all is made anew.
      if (this.#careful?.exceeds(this.#queue.letters) || this.#careful?.isHopeless) break;
    }
    return kept;
  }

  async end(): Promise<void> {
    await this.#queue.close(this.#tx);
    if (this.#queue.hasGrown) this.#parts.letters.expire();
    this.#careful?.noteSetAside(this.#queue.letters);
  }

  #itemsOf(event: RowEvent): readonly RowEvent[] {
    const { giver, feeds } = this.#parts;
    if (!feeds || event.source === eventSource) return [event];
    return [
      ...(giver.takes(event.source) ? [event] : []),
      ...(feeds.translates(event.source) ? [{ ...event, source: translationOf(event.source) }] : []),
    ];
  }

  async #give(event: RowEvent): Promise<void> {
    if (this.#waits(event)) return;
    const { giver } = this.#parts;
    if (!this.#careful) {
      await giver.give(this.#tx, event);
      return;
    }
    const failure = await giver.tryGive(this.#tx, event, this.#careful);
    if (failure) this.#queue.park(event, failure);
  }

  /** Whether it has to wait behind others. */
  #waits(event: RowEvent): boolean {
    if (!this.#queue.takes(event)) return false;
    // Only with care is it noted that the read model goes out of use.
    if (this.#queue.isTooLong && !this.#careful) throw new TooManyWaiting('too many changes wait');
    if (this.#queue.isTooLong) this.#careful?.giveUp();
    return true;
  }

  async #translate(change: RowEvent): Promise<readonly RowEvent[]> {
    if (this.#waits(change)) return [];
    const found = tryTranslate(this.#parts.feeds!, change);
    if (!('failure' in found)) return found.events;
    if (!this.#careful) throw found.error;
    this.#queue.park(change, found.failure);
    return [];
  }
}

export type Translated =
  | { readonly events: readonly RowEvent[] }
  | { readonly failure: Failure; readonly error: unknown };

/** The events of a change, or what its translation failed with. */
export function tryTranslate(feeds: EventFeeds, change: RowEvent): Translated {
  try {
    return { events: feeds.translate(change) };
  } catch (error) {
    if (!isParkable(error)) throw error;
    return { failure: describeFailure(error), error };
  }
}
