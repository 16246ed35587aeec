const KEPT = 20_000;

/**
 * Remembers in which order the latest transactions were delivered. Subtransactions have ids of their own, which are not
 * needed here: `pg_current_snapshot()` lists transactions only (PostgreSQL documentation, "Transaction ID and Snapshot
 * Information Functions").
 */
export class DeliveredXids {
  readonly #order = new Map<number, number>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(xid: number): void {
    this.#order.delete(xid);
    this.#order.set(xid, this.#count);
    this.#count += 1;
    if (this.#order.size > KEPT) {
      const oldest = this.#order.keys().next().value;
      if (oldest !== undefined) this.#order.delete(oldest);
    }
  }

  /** Whether it was among the first `count` deliveries. */
  wasBefore(xid: number, count: number): boolean {
    const at = this.#order.get(xid);
    return at !== undefined && at < count;
  }
}
