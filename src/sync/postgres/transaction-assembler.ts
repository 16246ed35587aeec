import { FigError } from '../../kernel/fig-error.ts';
import type { Position } from '../../kernel/position.ts';
import type { SourceTransaction } from '../change.ts';
import { decodePgoutput, streamedXid } from './decode-pgoutput.ts';
import { OpenTransaction, type SpilledTransaction } from './open-transaction.ts';
import type { PgoutputMessage } from './pgoutput-messages.ts';
import { RelationBook } from './relation-book.ts';

/** What whoever carries transactions on has to do. */
export type AssemblerStep =
  | { readonly type: 'transaction'; readonly transaction: SourceTransaction }
  /** The message belongs to a transaction that is too large for memory: keep it, and give it back with the commit. */
  | { readonly type: 'spill'; readonly xid: number; readonly bytes: Buffer }
  /** A transaction of which messages were spilled is committed. */
  | { readonly type: 'large'; readonly transaction: SpilledTransaction }
  /** A transaction was rolled back: forget what was spilled of it. */
  | { readonly type: 'dropped'; readonly xid: number };

export interface AssemblerLimits {
  /** Rows and bytes that one transaction may hold in memory until its commit. */
  readonly transactionRows: number;
  readonly transactionBytes: number;
  /** Bytes that all open transactions may hold together; many of them may be streamed in turns. */
  readonly totalBytes: number;
}

export const assemblerLimits: AssemblerLimits = {
  transactionRows: 10_000,
  transactionBytes: 2 * 1024 * 1024,
  totalBytes: 8 * 1024 * 1024,
};

/**
 * Puts messages together to whole transactions. One that comes after its commit comes in one go; one that is streamed
 * comes in blocks, in turns with others, before anybody knows whether it will be committed. No I/O.
 */
export class TransactionAssembler {
  readonly #limits: AssemblerLimits;
  readonly #relations = new RelationBook();
  readonly #streamed = new Map<number, OpenTransaction>();
  /** The transaction that messages belong to now. */
  #current: OpenTransaction | undefined;
  #heldBytes = 0;

  constructor(limits: AssemblerLimits = assemblerLimits) {
    this.#limits = limits;
  }

  /** Whether a transaction or block has begun and not ended: positions seen now say nothing about it. */
  get inTransaction(): boolean {
    return this.#current !== undefined;
  }

  push(bytes: Buffer): AssemblerStep | undefined {
    const open = this.#current;
    if (open?.isSpilling && open.isContent(bytes)) return { type: 'spill', xid: open.xid, bytes };
    const message = decodePgoutput(bytes, open?.streamed ?? false);
    switch (message.type) {
      case 'begin':
        this.#expectNone();
        this.#current = new OpenTransaction(message.xid, false, this.#relations);
        return undefined;
      case 'streamStart':
        this.#expectNone();
        this.#current = this.#streamed.get(message.xid) ?? new OpenTransaction(message.xid, true, new RelationBook());
        this.#streamed.set(message.xid, this.#current);
        return undefined;
      case 'streamStop':
        this.#mustBeOpen();
        this.#current = undefined;
        return undefined;
      case 'commit':
        return this.#close(this.#mustBeOpen(), message);
      case 'streamCommit':
        return this.#close(this.#mustBeStreamed(message.xid), message);
      case 'streamAbort':
        return this.#abort(message.xid, message.subXid);
      case 'relation':
        return this.#learn(message, bytes);
      case 'origin':
      case 'type':
        return undefined;
      case 'message':
        // A message outside a transaction has no place in the order of commits; ours are all transactional.
        return message.transactional ? this.#hold(this.#mustBeOpen(), message, bytes) : undefined;
      default:
        return this.#hold(this.#mustBeOpen(), message, bytes);
    }
  }

  #learn(message: Extract<PgoutputMessage, { type: 'relation' }>, bytes: Buffer): AssemblerStep | undefined {
    const open = this.#mustBeOpen();
    // What a streamed block says of tables holds for its transaction only, until that is committed.
    open.learn(message.relation);
    return open.isSpilling ? { type: 'spill', xid: open.xid, bytes } : undefined;
  }

  #hold(
    open: OpenTransaction,
    message: Parameters<OpenTransaction['hold']>[0],
    bytes: Buffer,
  ): AssemblerStep | undefined {
    if (
      open.rows >= this.#limits.transactionRows ||
      open.bytes + bytes.length > this.#limits.transactionBytes ||
      this.#heldBytes + bytes.length > this.#limits.totalBytes
    ) {
      open.spillFromHere();
      return { type: 'spill', xid: open.xid, bytes };
    }
    open.hold(message, open.streamed ? streamedXid(bytes)! : open.xid, bytes.length);
    this.#heldBytes += bytes.length;
    return undefined;
  }

  #abort(xid: number, subXid: number): AssemblerStep | undefined {
    const open = this.#streamed.get(xid);
    // PostgreSQL 18 decodes nothing of what it knows to be rolled back, and yet tells of the end of its savepoints.
    if (!open) return undefined;
    if (subXid !== xid) {
      open.rollBack(subXid);
      return undefined;
    }
    this.#forget(open);
    return open.isSpilling ? { type: 'dropped', xid } : undefined;
  }

  #close(open: OpenTransaction, commit: { endLsn: Position; committedAtMs: number }): AssemblerStep {
    this.#forget(open);
    // From its commit on the server takes what it said inside the transaction as said to everybody.
    if (open.streamed) this.#relations.learnAll(open.relations);
    const closed = open.close(commit.endLsn, commit.committedAtMs);
    return 'spilled' in closed ? { type: 'large', transaction: closed } : { type: 'transaction', transaction: closed };
  }

  #forget(open: OpenTransaction): void {
    this.#heldBytes -= open.bytes;
    this.#streamed.delete(open.xid);
    if (this.#current === open) this.#current = undefined;
  }

  #mustBeOpen(): OpenTransaction {
    if (!this.#current) throw new FigError('FIG_REPLICATION_PROTOCOL', 'a change came outside a transaction');
    return this.#current;
  }

  #mustBeStreamed(xid: number): OpenTransaction {
    const open = this.#streamed.get(xid);
    if (!open) throw new FigError('FIG_REPLICATION_PROTOCOL', `the end came of a transaction ${xid} that never began`);
    return open;
  }

  #expectNone(): void {
    if (this.#current) throw new FigError('FIG_REPLICATION_PROTOCOL', 'a transaction began inside another one');
  }
}
