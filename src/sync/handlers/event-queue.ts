import type { Knex } from 'knex';
import { type DeadLetterNote, DeadLetterStore, letterPlace } from '../../store/dead-letter-store.ts';
import { type ParkedChange, ParkedChangeStore, type ParkedPlace } from '../../store/parked-change-store.ts';
import type { Failure } from '../dead-letters/describe-failure.ts';
import { keyOfText } from '../mirror/collapse-changes.ts';
import { ParkedRows } from './parked-rows.ts';
import type { QueuedSources } from './queued-sources.ts';
import { type RowEvent, rowKeysOf } from './row-event.ts';

export interface QueueParts {
  readonly projection: string;
  readonly sources: QueuedSources;
  /** With more changes behind others than these it makes no sense to keep them. */
  readonly mostWaiting: number;
}

/** Thrown where more has come to wait than is kept. */
export class TooManyWaiting extends Error {}

interface HeldQueues {
  readonly places: readonly ParkedPlace[];
  readonly waiting: number;
}

/** What has to wait in one transaction: changes that fail, and changes of rows that have such. */
export class EventQueue {
  readonly #parts: QueueParts;
  readonly #parked: ParkedRows;
  readonly #store = new ParkedChangeStore();
  readonly #waiting: ParkedChange[] = [];
  /** New letters by their place. */
  readonly #failed = new Map<string, DeadLetterNote>();
  readonly #known: ReadonlySet<string>;
  /** How many waited already. */
  readonly #held: number;

  private constructor(parts: QueueParts, { places, waiting }: HeldQueues) {
    this.#parts = parts;
    this.#parked = new ParkedRows(places);
    this.#known = new Set(places.map(({ place }) => place));
    this.#held = waiting;
  }

  /** `mayHold`: whether changes may be waiting already. Then their letters are held until the transaction ends. */
  static async open(tx: Knex.Transaction, parts: QueueParts, mayHold: boolean): Promise<EventQueue> {
    const held = mayHold ? await new ParkedChangeStore().hold(tx, parts.projection) : { places: [], waiting: 0 };
    return new EventQueue(parts, held);
  }

  /** Puts a change behind those that its row waits for. False: it need not wait. */
  takes(event: RowEvent): boolean {
    // Nearly always, so that not even the texts of the keys are made.
    if (this.#parked.isEmpty) return false;
    const arrival = { source: event.source, rowKeys: this.#rowKeys(event) };
    const place = this.#parked.placeOf(arrival);
    if (place === undefined) return false;
    this.#add(event, place);
    return true;
  }

  /** Parks a change that its handler does not take. */
  park(event: RowEvent, failure: Failure): void {
    const [first] = this.#rowKeys(event);
    const key = this.#parts.sources.keyOf(event.source);
    const sourceKey = first === undefined ? undefined : keyOfText(first, key.length);
    const note = { kind: 'change' as const, key: undefined, source: event.source, sourceKey, ...failure };
    // A queue that was begun for this row may be that of other rows by now.
    const place = this.#parked.present(letterPlace(note));
    if (!this.#known.has(place) && !this.#failed.has(place)) this.#failed.set(place, note);
    this.#add(event, place);
  }

  /** Whether something has come to wait. */
  get hasGrown(): boolean {
    return this.#waiting.length > 0;
  }

  /** How many letters are new. */
  get letters(): number {
    return this.#failed.size;
  }

  /** Whether more waits behind others than is kept. */
  get isTooLong(): boolean {
    return this.#held + this.#waiting.length - this.#failed.size > this.#parts.mostWaiting;
  }

  /** Writes down what waits. */
  async close(tx: Knex.Transaction): Promise<void> {
    if (this.#waiting.length === 0) return;
    const { projection } = this.#parts;
    const { merged } = this.#parked;
    for (const from of merged.keys()) this.#failed.delete(from);
    const letters = new DeadLetterStore();
    for (const note of this.#failed.values()) await letters.park(tx, projection, note);
    for (const into of new Set(merged.values())) {
      const from = [...merged].filter(([, place]) => place === into).map(([place]) => place);
      await this.#store.merge(tx, projection, from, into);
    }
    const placed = this.#waiting.map((change) => ({ ...change, place: this.#parked.present(change.place) }));
    await this.#store.add(tx, projection, placed);
    // The first of a queue is what the letter is about; the others are those since then.
    const added = new Map([...this.#failed.keys()].map((place) => [place, -1]));
    for (const { place } of placed) added.set(place, (added.get(place) ?? 0) + 1);
    await this.#store.count(tx, projection, added);
  }

  #rowKeys(event: RowEvent): readonly string[] {
    return rowKeysOf(event, this.#parts.sources.keyOf(event.source));
  }

  #add(event: RowEvent, place: string): void {
    const rowKeys = this.#rowKeys(event);
    this.#parked.park({ source: event.source, rowKeys }, place);
    this.#waiting.push({ ...event, place, rowKeys, modelKeys: this.#parts.sources.modelKeysOf(event) });
  }
}
