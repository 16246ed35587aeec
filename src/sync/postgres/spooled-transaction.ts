import type { Position } from '../../kernel/position.ts';
import type { LargeTransaction, TransactionPiece } from '../change.ts';
import type { SpilledTransaction } from './open-transaction.ts';
import { SpilledMessages } from './spilled-messages.ts';
import type { TransactionSpool } from './transaction-spool.ts';

/** A committed transaction of which the beginning is in memory and the rest in a spool. */
export class SpooledTransaction implements LargeTransaction {
  readonly #transaction: SpilledTransaction;
  readonly #spool: TransactionSpool;
  readonly #onRelease: () => void;

  constructor(transaction: SpilledTransaction, spool: TransactionSpool, onRelease: () => void) {
    this.#transaction = transaction;
    this.#spool = spool;
    this.#onRelease = onRelease;
  }

  get xid(): number {
    return this.#transaction.xid;
  }

  get endPosition(): Position {
    return this.#transaction.endPosition;
  }

  get committedAtMs(): number {
    return this.#transaction.committedAtMs;
  }

  async *pieces(): AsyncIterable<TransactionPiece> {
    yield this.#transaction.head;
    const messages = new SpilledMessages(this.#transaction);
    for await (const block of this.#spool.blocks()) yield messages.read(block);
  }

  release(): Promise<void> {
    this.#onRelease();
    return this.#spool.release();
  }
}
