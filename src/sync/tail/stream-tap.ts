import type { Position } from '../../kernel/position.ts';
import type { LargeTransaction, StreamEvent, TransactionPiece } from '../change.ts';
import type { Relation } from '../postgres/pgoutput-messages.ts';
import type { LineHead } from './line-maker.ts';

/** Told of what goes through, in order. One that throws is told no more. */
export type TapListener = (head: LineHead, piece: TransactionPiece) => void;

/** Lets some look at the changes that a process applies, while they go by. Costs next to nothing while nobody looks. */
export class StreamTap {
  readonly #listeners = new Set<TapListener>();
  /** The server describes a table once in a session, and whoever begins to look later has to know as well. */
  readonly #relations = new Map<string, Relation>();
  #last: Position | undefined;
  #log: string | undefined;

  get relations(): readonly Relation[] {
    return [...this.#relations.values()];
  }

  /** Positions are of this log from now on; those of another one say nothing of them. */
  follows(log: string): void {
    if (log !== this.#log) this.#last = undefined;
    this.#log = log;
  }

  /** Until the returned function is called. */
  listen(listener: TapListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The same events, which are told of; of large transactions while they are read for the first time. */
  pass(events: readonly StreamEvent[]): readonly StreamEvent[] {
    return events.map((event) => {
      if (event.type === 'position') return event;
      const { transaction } = event;
      // A session that begins anew is given again what was not stored.
      const isNews = this.#last === undefined || transaction.endPosition > this.#last;
      if (isNews) this.#last = transaction.endPosition;
      if (event.type === 'large')
        return { ...event, transaction: isNews ? this.#watched(event.transaction) : transaction };
      this.#tell(event.transaction, event.transaction, isNews);
      return event;
    }) as readonly StreamEvent[];
  }

  #tell(head: LineHead, piece: TransactionPiece, isNews: boolean): void {
    for (const relation of piece.relations) this.#relations.set(`${relation.schema}.${relation.table}`, relation);
    if (!isNews) return;
    for (const listener of this.#listeners) {
      try {
        listener(head, piece);
      } catch {
        // Whoever looks must not harm what is applied.
        this.#listeners.delete(listener);
      }
    }
  }

  #watched(transaction: LargeTransaction): LargeTransaction {
    const { xid, endPosition, committedAtMs } = transaction;
    const tell = (piece: TransactionPiece, isNews: boolean): void => this.#tell(transaction, piece, isNews);
    let isFirst = true;
    return {
      xid,
      endPosition,
      committedAtMs,
      release: () => transaction.release(),
      async *pieces() {
        const isNews = isFirst;
        isFirst = false;
        for await (const piece of transaction.pieces()) {
          tell(piece, isNews);
          yield piece;
        }
      },
    };
  }
}
