// Nothing here does I/O.

/** After so many requests the tables are named that were seen by then. */
const MIN_REQUESTS = 40;
/** After so many it is given up to name any. */
const MAX_REQUESTS = 400;
/** One sighting may be chance. */
const MIN_SIGHTINGS = 3;
/** How much more often a table must be seen in requests than in quiet times. */
const MIN_RATIO = 4;

/** Tables that were locked for writing, while requests of one route were alone in the proxy and in quiet times. */
export class TableSightings {
  #requests = 0;
  #looks = 0;
  #quietLooks = 0;
  readonly #seen = new Map<string, { inRequests: number; inQuiet: number }>();

  inRequest(tables: readonly string[]): void {
    this.#looks += 1;
    for (const table of tables) this.#of(table).inRequests += 1;
  }

  inQuiet(tables: readonly string[]): void {
    this.#quietLooks += 1;
    for (const table of tables) this.#of(table).inQuiet += 1;
  }

  requestEnded(): void {
    this.#requests += 1;
  }

  /** Undefined: not known yet. Empty: it cannot be told. The most frequent first. */
  named(): readonly string[] | undefined {
    if (this.#requests < MIN_REQUESTS) return undefined;
    const tables = [...this.#seen]
      .filter(([, seen]) => this.#isWritten(seen))
      .toSorted(([a, x], [b, y]) => y.inRequests - x.inRequests || (a < b ? -1 : 1))
      .map(([table]) => table);
    return tables.length > 0 || this.#requests >= MAX_REQUESTS ? tables : undefined;
  }

  #isWritten({ inRequests, inQuiet }: { readonly inRequests: number; readonly inQuiet: number }): boolean {
    if (inRequests < MIN_SIGHTINGS || this.#quietLooks === 0) return false;
    // One more in quiet than was seen: a job that was never caught there may still be one.
    return inRequests / this.#looks >= (MIN_RATIO * (inQuiet === 0 ? 0 : inQuiet + 1)) / this.#quietLooks;
  }

  #of(table: string): { inRequests: number; inQuiet: number } {
    let seen = this.#seen.get(table);
    if (seen === undefined) this.#seen.set(table, (seen = { inRequests: 0, inQuiet: 0 }));
    return seen;
  }
}
