import type { Position } from '../../../kernel/position.ts';

/** A row, or a message, of a transaction. */
export interface PlacedEvent<Event> {
  /** The same for all of the transaction. */
  readonly transaction: string;
  /** Place in the transaction; events that are sent again have the same. */
  readonly order: number;
  readonly event: Event;
}

export interface EndedTransaction {
  readonly transaction: string;
  readonly position: Position;
  readonly atMs: number;
  /** Events of it that we are to see. */
  readonly count: number;
}

export interface WholeTransaction<Event> extends Omit<EndedTransaction, 'count'> {
  readonly events: readonly Event[];
}

/** Transactions that are done with and may still be sent again, after the connector was started anew. */
const REMEMBERED = 100_000;

/**
 * Puts the events of many topics together to whole transactions, in the order of commits. The connector writes in that order,
 * and to each partition in it; what comes first from which partition is chance, and after a start of the connector some of it
 * comes twice. No I/O.
 */
export class TransactionJoiner<Event> {
  readonly #events = new Map<string, Map<number, Event>>();
  readonly #ended: EndedTransaction[] = [];
  readonly #done = new Set<string>();
  #position: Position;

  /** Transactions that end at or before it are not given out. */
  constructor(from: Position) {
    this.#position = from;
  }

  /** The end of the last transaction that is known to have ended; positions before it are told in order. */
  get position(): Position {
    return this.#position;
  }

  /** The transaction that has ended and waits for events. */
  get waiting(): { readonly ended: EndedTransaction; readonly missing: number } | undefined {
    const ended = this.#ended[0];
    return ended && { ended, missing: ended.count - this.#held(ended.transaction) };
  }

  add({ transaction, order, event }: PlacedEvent<Event>): void {
    if (this.#done.has(transaction)) return;
    let events = this.#events.get(transaction);
    if (!events) this.#events.set(transaction, (events = new Map<number, Event>()));
    events.set(order, event);
  }

  end(ended: EndedTransaction): void {
    const last = this.#ended.at(-1)?.position ?? this.#position;
    if (ended.position > last) this.#ended.push(ended);
    else if (!this.#ended.some(({ transaction }) => transaction === ended.transaction)) this.#forget(ended.transaction);
  }

  /** Those that are whole now, and that no other one has to be before. */
  take(): readonly WholeTransaction<Event>[] {
    const whole: WholeTransaction<Event>[] = [];
    for (let ended = this.#ended[0]; ended && this.#held(ended.transaction) >= ended.count; ended = this.#ended[0]) {
      const { transaction, position, atMs } = ended;
      const events = [...(this.#events.get(transaction) ?? [])].toSorted(([a], [b]) => a - b);
      whole.push({ transaction, position, atMs, events: events.map(([, event]) => event) });
      this.#ended.shift();
      this.#forget(transaction);
      this.#position = position;
    }
    return whole;
  }

  #held(transaction: string): number {
    return this.#events.get(transaction)?.size ?? 0;
  }

  #forget(transaction: string): void {
    this.#events.delete(transaction);
    this.#done.add(transaction);
    if (this.#done.size > REMEMBERED) this.#done.delete(this.#done.values().next().value!);
  }
}
