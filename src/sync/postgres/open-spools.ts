import type { LargeTransaction } from '../change.ts';
import type { SpilledTransaction } from './open-transaction.ts';
import type { SpoolSpace } from './spool-space.ts';
import { SpooledTransaction } from './spooled-transaction.ts';
import { TransactionSpool } from './transaction-spool.ts';

/** The spools of a session: those of open transactions by their id, and those that are committed and still read. */
export class OpenSpools implements AsyncDisposable {
  readonly #space: SpoolSpace;
  readonly #open = new Map<number, TransactionSpool>();
  readonly #committed = new Set<TransactionSpool>();

  constructor(space: SpoolSpace) {
    this.#space = space;
  }

  append(xid: number, message: Buffer): void {
    let spool = this.#open.get(xid);
    if (!spool) {
      spool = new TransactionSpool(this.#space);
      this.#open.set(xid, spool);
    }
    spool.append(message);
  }

  drop(xid: number): void {
    const spool = this.#open.get(xid);
    this.#open.delete(xid);
    // A file that cannot be closed is a matter of the session, which failed when it could not be written.
    void spool?.release().catch(() => undefined);
  }

  commit(transaction: SpilledTransaction): LargeTransaction {
    const spool = this.#open.get(transaction.xid) ?? new TransactionSpool(this.#space);
    this.#open.delete(transaction.xid);
    this.#committed.add(spool);
    return new SpooledTransaction(transaction, spool, () => this.#committed.delete(spool));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#open.values(), ...this.#committed];
    this.#open.clear();
    this.#committed.clear();
    await Promise.allSettled(all.map((spool) => spool.release()));
  }
}
