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
  /** Topics that have events of that count. */
  readonly topics: readonly string[];
  /** Whether any event at all was sent since its last beginning, of a table that we do not ask for as well. */
  readonly hasEvents: boolean;
}

export interface WholeTransaction<Event> extends Pick<EndedTransaction, 'transaction' | 'position' | 'atMs'> {
  readonly events: readonly Event[];
}

/** A transaction that has ended. */
interface AwaitedTransaction {
  readonly ended: EndedTransaction;
  /** Its count may leave out what was sent before the connector went down. */
  readonly isCut: boolean;
}

/** What is held of a transaction that was cut, in the order of the log. */
export interface CutTransaction<Event> {
  readonly placed: readonly PlacedEvent<Event>[];
  /** How many of them, the first, the count at its end leaves out: those were sent before the connector was started anew. */
  readonly sentBefore: number;
  /** How often it began, as far as that is known; Infinity: it is not. */
  readonly beginnings: number;
}

/** The last beginning of a transaction. */
interface Beginning {
  /** How many transactions with events had ended before. */
  readonly endsBefore: number;
  readonly isCut: boolean;
  readonly times: number;
}

/** Transactions that are done with and may still be sent again, after the connector was started anew. */
const REMEMBERED = 100_000;

/**
 * Puts the events of many topics together to whole transactions, in the order of commits. The connector writes in that order,
 * and to each partition in it; what comes first from which partition is chance. A connector that is started anew sends some of
 * it again. The first transaction that it sends may have begun before, and then its count leaves out what was sent then: whoever
 * reads has to find out that everything of it was read, see `clear`. All others it sends whole. No I/O.
 */
export class TransactionJoiner<Event> {
  readonly #events = new Map<string, Map<string, PlacedEvent<Event>>>();
  readonly #ended: AwaitedTransaction[] = [];
  readonly #begun = new Map<string, Beginning>();
  readonly #cleared = new Set<string>();
  readonly #done = new Set<string>();
  #endsWithEvents = 0;
  #forgets = false;
  #position: Position;
  readonly #from: Position;
  readonly #onGone: (event: Event) => void;

  /** Transactions that end at or before `from` are not given out. `onGone`: told of each event that is held no more. */
  constructor(from: Position, onGone: (event: Event) => void = () => undefined) {
    this.#onGone = onGone;
    this.#from = from;
    this.#position = from;
  }

  /** The end of the last transaction that is known to have ended; positions before it are told in order. */
  get position(): Position {
    return this.#position;
  }

  /** The end of the last transaction whose end was seen. */
  get ended(): Position {
    return this.#ended.at(-1)?.ended.position ?? this.#position;
  }

  /** The transaction that has ended and waits: for events, or, where it is cut, to be cleared. */
  get waiting(): (AwaitedTransaction & { readonly missing: number }) | undefined {
    const head = this.#ended[0];
    return head && { ...head, missing: head.ended.count - this.#held(head.ended.transaction) };
  }

  /** Transactions of which something is held, or that have ended and wait. */
  get open(): number {
    return new Set([...this.#events.keys(), ...this.#ended.map(({ ended }) => ended.transaction)]).size;
  }

  /** What comes first is not the first that was written: earlier beginnings are kept no longer. */
  missTheFirst(): void {
    this.#forgets = true;
  }

  begin(transaction: string): void {
    if (this.#done.has(transaction)) return;
    const before = this.#begun.get(transaction);
    // A connector that sent another transaction's events first has sent all of this one.
    const isCut = before ? before.endsBefore === this.#endsWithEvents : this.#forgets && this.#endsWithEvents === 0;
    const times = (before?.times ?? (isCut ? Infinity : 0)) + 1;
    this.#begun.set(transaction, { endsBefore: this.#endsWithEvents, isCut, times });
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

  /** Of one that waits to be cleared, and of which everything was read. */
  cut({ transaction, count }: Pick<EndedTransaction, 'transaction' | 'count'>): CutTransaction<Event> {
    const placed = this.#sorted(transaction);
    const beginnings = this.#begun.get(transaction)?.times ?? Infinity;
    return { placed, sentBefore: placed.length - count, beginnings };
  }

  /** Everything of the transaction was read. */
  clear(transaction: string): void {
    this.#cleared.add(transaction);
  }

  /** The furthest end that was told. */
  get furthest(): Position {
    return this.#ended.at(-1)?.ended.position ?? this.#position;
  }

  /** False: the log goes back. What ends here was not told before, and something that ends later was. */
  end(ended: EndedTransaction): boolean {
    if (ended.hasEvents) this.#endsWithEvents += 1;
    const { transaction, position } = ended;
    if (position > this.furthest) {
      this.#ended.push({ ended, isCut: this.#begun.get(transaction)?.isCut === true });
      return true;
    }
    if (this.#ended.some((each) => each.ended.transaction === transaction)) return true;
    const isKnown = position <= this.#from || this.#done.has(transaction);
    this.#forget(transaction);
    return isKnown;
  }

  /** Those that are whole now, and that no other one has to be before. */
  take(): readonly WholeTransaction<Event>[] {
    const whole: WholeTransaction<Event>[] = [];
    for (let head = this.#ended[0]; head && this.#isWhole(head); head = this.#ended[0]) {
      const { transaction, position, atMs } = head.ended;
      whole.push({ transaction, position, atMs, events: this.#sorted(transaction).map(({ event }) => event) });
      this.#ended.shift();
      this.#forget(transaction);
      this.#position = position;
    }
    return whole;
  }

  #isWhole({ ended: { transaction, count }, isCut }: AwaitedTransaction): boolean {
    return this.#held(transaction) >= count && (!isCut || this.#cleared.has(transaction));
  }

  #sorted(transaction: string): readonly PlacedEvent<Event>[] {
    return [...(this.#events.get(transaction)?.values() ?? [])].toSorted(byPlace);
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
