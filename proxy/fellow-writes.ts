// Nothing here does I/O or reads a clock.

/** Writes that pass through other proxies now, and whose they are. */
export class FellowWrites {
  readonly #writes = new Map<string, Set<string>>();

  /** Returns the visitors that were not known to write this. */
  began(write: string, visitors: readonly string[]): string[] {
    let known = this.#writes.get(write);
    if (known === undefined) this.#writes.set(write, (known = new Set()));
    const added = visitors.filter((visitor) => !known.has(visitor));
    for (const visitor of added) known.add(visitor);
    return added;
  }

  /** Returns whose it was. */
  ended(write: string): ReadonlySet<string> {
    const visitors = this.#writes.get(write) ?? new Set();
    this.#writes.delete(write);
    return visitors;
  }

  entries(): [string, string[]][] {
    return [...this.#writes].map(([write, visitors]) => [write, [...visitors]]);
  }
}
