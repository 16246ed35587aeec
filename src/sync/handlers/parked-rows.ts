import type { ParkedPlace } from '../../store/parked-change-store.ts';

/** A change, by what decides whether it has to wait. */
export interface Arrival {
  readonly source: string;
  /** Of its rows; none: it is about all rows of the source. */
  readonly rowKeys: readonly string[];
}

/**
 * Which rows have changes waiting, and behind which letter. A change of such a row waits behind them; one that is about
 * several such rows makes one queue of theirs, since it has to come after all. No I/O.
 */
export class ParkedRows {
  /** By source, then by key. */
  readonly #rows = new Map<string, Map<string, string>>();
  readonly #wholeSources = new Map<string, string>();
  readonly #merged = new Map<string, string>();

  constructor(known: readonly ParkedPlace[] = []) {
    for (const { source, key, place } of known) this.#note(source, key, place);
  }

  /** Queues that are part of another one by now. */
  get merged(): ReadonlyMap<string, string> {
    return this.#merged;
  }

  /** Whether no change waits. */
  get isEmpty(): boolean {
    return this.#rows.size === 0 && this.#wholeSources.size === 0;
  }

  /** The queue that a change has to wait in; undefined: it need not wait. */
  placeOf({ source, rowKeys }: Arrival): string | undefined {
    const rows = this.#rows.get(source);
    const whole = this.#wholeSources.get(source);
    const found = rowKeys.length === 0 ? [...(rows?.values() ?? [])] : rowKeys.map((key) => rows?.get(key));
    const [into, ...others] = new Set([whole, ...found].filter((place) => place !== undefined));
    for (const from of others) this.#merge(source, from, into!);
    return into;
  }

  /** Notes that a change waits there. */
  park({ source, rowKeys }: Arrival, place: string): void {
    if (rowKeys.length === 0) this.#note(source, undefined, place);
    for (const key of rowKeys) this.#note(source, key, place);
  }

  /** Where what was put into a queue is now. */
  present(place: string): string {
    return this.#merged.get(place) ?? place;
  }

  #note(source: string, key: string | undefined, place: string): void {
    if (key === undefined) this.#wholeSources.set(source, place);
    else if (this.#rows.has(source)) this.#rows.get(source)!.set(key, place);
    else this.#rows.set(source, new Map([[key, place]]));
  }

  #merge(source: string, from: string, into: string): void {
    for (const [key, place] of this.#rows.get(source) ?? []) if (place === from) this.#note(source, key, into);
    if (this.#wholeSources.get(source) === from) this.#wholeSources.set(source, into);
    for (const [earlier, place] of this.#merged) if (place === from) this.#merged.set(earlier, into);
    this.#merged.set(from, into);
  }
}
