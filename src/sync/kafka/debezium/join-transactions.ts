import type { Position } from '../../../kernel/position.ts';

/** A row, or a message, of a transaction. */
export interface PlacedEvent<Event> {
  /** The same for all of the transaction. */
  readonly transaction: string;
  /** Where it lies in the log; a row that is sent again has the same, and may have another `order`. */
  readonly place: bigint;
  /** Tells it from others at the same place. */
  readonly identity: string;
  /** Place among what was sent between the transaction's beginning and its end. */
  readonly order: number;
  readonly event: Event;
}

export interface EndedTransaction {
  readonly transaction: string;
  readonly position: Position;
  readonly atMs: number;
  /** Events of it that we are to see, counted from its last beginning on. */
  readonly count: number;
}

export interface WholeTransaction<Event> extends Omit<EndedTransaction, 'count'> {
  readonly events: readonly Event[];
}

/** Transactions that are done with and may still be sent again, after the connector was started anew. */
const REMEMBERED = 100_000;

/**
 * Puts the events of many topics together to whole transactions, in the order of commits. The connector writes in that order,
 * and to each partition in it; what comes first from which partition is chance. A connector that is started anew sends some of
 * it again. When it went down inside a transaction, that begins a second time, and its count covers only what was sent
 * since: then everything has to be read that was written before its end, see `clear`. No I/O.
 */
export class TransactionJoiner<Event> {
  readonly #events = new Map<string, Map<string, PlacedEvent<Event>>>();
  readonly #ended: EndedTransaction[] = [];
  readonly #begun = new Map<string, number>();
  readonly #cleared = new Set<string>();
  readonly #done = new Set<string>();
  #position: Position;

  readonly #onGone: (event: Event) => void;

  /** Transactions that end at or before `from` are not given out. `onGone`: told of each event that is held no more. */
  constructor(from: Position, onGone: (event: Event) => void = () => undefined) {
    this.#onGone = onGone;
    this.#position = from;
  }

  /** The end of the last transaction that is known to have ended; positions before it are told in order. */
  get position(): Position {
    return this.#position;
  }

  /** The transaction that has ended and waits: for events, or to be cleared. */
  get waiting():
    | { readonly ended: EndedTransaction; readonly missing: number; readonly isBroken: boolean }
    | undefined {
    const ended = this.#ended[0];
    if (!ended) return undefined;
    const { transaction, count } = ended;
    return { ended, missing: count - this.#held(transaction), isBroken: this.#isBroken(transaction) };
  }

  /** Transactions of which something is held, or that have ended and wait. */
  get open(): number {
    return new Set([...this.#events.keys(), ...this.#ended.map(({ transaction }) => transaction)]).size;
  }

  begin(transaction: string): void {
    if (!this.#done.has(transaction)) this.#begun.set(transaction, (this.#begun.get(transaction) ?? 0) + 1);
  }

  /** Whether it is held now: one of a transaction that is done with is not. */
  add(placed: PlacedEvent<Event>): boolean {
    const { transaction, place, identity } = placed;
    if (this.#done.has(transaction)) return false;
    let events = this.#events.get(transaction);
    if (!events) this.#events.set(transaction, (events = new Map<string, PlacedEvent<Event>>()));
    const key = `${place} ${identity}`;
    const before = events.get(key);
    if (before) this.#onGone(before.event);
    events.set(key, placed);
    return true;
  }

  /** Everything was read that any topic had after the end of the transaction was seen. */
  clear(transaction: string): void {
    this.#cleared.add(transaction);
  }

  end(ended: EndedTransaction): void {
    const last = this.#ended.at(-1)?.position ?? this.#position;
    if (ended.position > last) this.#ended.push(ended);
    else if (!this.#ended.some(({ transaction }) => transaction === ended.transaction)) this.#forget(ended.transaction);
  }

  /** Those that are whole now, and that no other one has to be before. */
  take(): readonly WholeTransaction<Event>[] {
    const whole: WholeTransaction<Event>[] = [];
    for (let ended = this.#ended[0]; ended && this.#isWhole(ended); ended = this.#ended[0]) {
      const { transaction, position, atMs } = ended;
      const events = [...(this.#events.get(transaction)?.values() ?? [])].toSorted(byPlace);
      whole.push({ transaction, position, atMs, events: events.map(({ event }) => event) });
      this.#ended.shift();
      this.#forget(transaction);
      this.#position = position;
    }
    return whole;
  }

  #isWhole({ transaction, count }: EndedTransaction): boolean {
    return this.#held(transaction) >= count && (!this.#isBroken(transaction) || this.#cleared.has(transaction));
  }

  #isBroken(transaction: string): boolean {
    return (this.#begun.get(transaction) ?? 0) > 1;
  }

  #held(transaction: string): number {
    return this.#events.get(transaction)?.size ?? 0;
  }

  #forget(transaction: string): void {
    for (const { event } of this.#events.get(transaction)?.values() ?? []) this.#onGone(event);
    this.#events.delete(transaction);
    this.#begun.delete(transaction);
    this.#cleared.delete(transaction);
    this.#done.add(transaction);
    if (this.#done.size > REMEMBERED) this.#done.delete(this.#done.values().next().value!);
  }
}

function byPlace(a: PlacedEvent<unknown>, b: PlacedEvent<unknown>): number {
  if (a.place !== b.place) return a.place < b.place ? -1 : 1;
  return a.order - b.order;
}
