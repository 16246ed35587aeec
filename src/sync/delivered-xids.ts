import type { SourceSnapshot } from './postgres/source-snapshot.ts';
import { XidSet } from './xid-set.ts';

const IN_ORDER = 20_000;

/**
 * Remembers which transactions were delivered, of the latest ones also in which order. Subtransactions have ids of their
 * own, which are not needed here: `pg_current_snapshot()` lists transactions only (PostgreSQL documentation, "Transaction
 * ID and Snapshot Information Functions").
 */
export class DeliveredXids {
  /** One may stay invisible for as long as a synchronous standby is away, while any number of others are delivered. */
  readonly #all = new XidSet();
  /** The latest, the nth at n modulo its length. */
  readonly #latest = new Uint32Array(IN_ORDER);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(xid: number): void {
    this.#all.add(xid);
    this.#latest[this.#count % IN_ORDER] = xid;
    this.#count += 1;
  }

  /** Whether it was among the first `count` deliveries. One that is too old to tell was. */
  wasBefore(xid: number, count: number): boolean {
    if (!this.#all.has(xid)) return false;
    for (let at = Math.max(count, this.#count - IN_ORDER); at < this.#count; at += 1) {
      if (this.#latest[at % IN_ORDER] === xid) return false;
    }
    return true;
  }

  /**
   * Whether one of the first `count` deliveries is invisible to a snapshot that was taken later. A commit is decodable
   * before it is visible.
   */
  isAnyUnseenBy(snapshot: SourceSnapshot, count: number): boolean {
    for (const xid of snapshot.running) {
      if (this.wasBefore(Number(xid & 0xffff_ffffn), count)) return true;
    }
    // Those from xmax on are invisible too, and not listed. Only the very latest can be among them: whatever wrote the
    // marker that came after them has ended, so xmax is above its id.
    const end = Number(snapshot.xmax & 0xffff_ffffn);
    for (let at = Math.max(0, this.#count - IN_ORDER); at < count; at += 1) {
      if (((this.#latest[at % IN_ORDER]! - end) | 0) >= 0) return true;
    }
    return false;
  }
}
