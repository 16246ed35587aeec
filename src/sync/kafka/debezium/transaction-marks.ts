import type { Position } from '../../../kernel/position.ts';
import { binlogPosition, binlogTransaction } from './binlog-position.ts';
import type { EventSource } from './envelope.ts';
import { postgresTransaction, type TransactionMark } from './postgres-position.ts';

export interface RowMark {
  /** Of the transaction. */
  readonly id: string;
  /** Where in the log the row lies. */
  readonly place: Position;
  /** Behind the end of every earlier transaction, and not behind that of its own. */
  readonly at: Position;
}

/** How a kind of connector tells which transaction something is of, and where it lies. */
export interface TransactionMarks {
  /** `id`: as the row tells it. */
  ofRow(id: string, source: EventSource): RowMark;
  /** `id`: as the topic of transactions tells it. */
  ofNote(id: string): TransactionMark;
  /** Whether several rows lie at one place: a connector that is started anew may leave those out. See `doubtOf`. */
  readonly sharePlaces: boolean;
  /** Whether a connector that has kept nothing of an earlier life sent it, before any transaction of which it knows the end. */
  isFirst(source: EventSource): boolean;
}

export const postgresMarks: TransactionMarks = {
  ofRow: (id) => {
    const { id: transaction, position } = postgresTransaction(id);
    return { id: transaction, place: position, at: position };
  },
  ofNote: postgresTransaction,
  sharePlaces: true,
  isFirst: ({ hasLastCommit }) => hasLastCommit === false,
};

/** Transactions are told by their GTIDs, rows by file and offset; those of one event of the log by their number in it. */
export const binlogMarks: TransactionMarks = {
  ofRow: (id, { file, offset, row }) => {
    const event = file === undefined || offset === undefined ? 0n : binlogPosition(file, offset);
    return { id, place: (event << 32n) | BigInt(row ?? 0), at: binlogTransaction(id) };
  },
  ofNote: (id) => ({ id, position: binlogTransaction(id) }),
  sharePlaces: false,
  isFirst: () => false,
};
