// Nothing here does I/O or reads a clock.

/** As far back as a breaker remembers: a bad candidate has been noticed by every worker that asks it by then. */
const MEMORY_MS = 10_000;

interface Outage {
  /** Milliseconds of the first opening. */
  readonly at: number;
  readonly workers: Set<number>;
}

/**
 * One outage opens the breakers of all workers, each at its own moment; as evidence it is one opening. The next one begins
 * when a worker opens again that has opened in it already, or when it is too long ago.
 */
export class Outages {
  readonly #last = new Map<string, Outage>();

  /** Whether an opening is the first of its outage. `at`: milliseconds of any clock that all workers share. */
  isNew(feature: string, worker: number, at: number): boolean {
    const last = this.#last.get(feature);
    if (last !== undefined && !last.workers.has(worker) && Math.abs(at - last.at) <= MEMORY_MS) {
      last.workers.add(worker);
      return false;
    }
    this.#last.set(feature, { at, workers: new Set([worker]) });
    return true;
  }
}
