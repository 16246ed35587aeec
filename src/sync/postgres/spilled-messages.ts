import type { Change, LogicalMessage, TransactionPiece } from '../change.ts';
import { decodePgoutput, streamedXid } from './decode-pgoutput.ts';
import { logicalMessage, type SpilledTransaction } from './open-transaction.ts';
import type { Relation } from './pgoutput-messages.ts';
import type { RelationBook } from './relation-book.ts';

/** Reads the spilled messages of a committed transaction, in order. No I/O. */
export class SpilledMessages {
  readonly #transaction: SpilledTransaction;
  readonly #relations: RelationBook;

  constructor(transaction: SpilledTransaction) {
    this.#transaction = transaction;
    this.#relations = transaction.relations.copy();
  }

  read(messages: Iterable<Buffer>): TransactionPiece {
    const { streamed, rolledBack } = this.#transaction;
    const changes: Change[] = [];
    const logical: LogicalMessage[] = [];
    const relations: Relation[] = [];
    for (const bytes of messages) {
      const message = decodePgoutput(bytes, streamed);
      // A description of a table holds also when the subtransaction it came with was rolled back: it is not sent again.
      if (message.type === 'relation') {
        this.#relations.learn(message.relation);
        relations.push(message.relation);
      }
      if (streamed && rolledBack.has(streamedXid(bytes)!)) continue;
      if (message.type === 'message') {
        if (message.transactional) logical.push(logicalMessage(message, changes.length));
      } else if (isRow(message)) {
        changes.push(this.#relations.changeOf(message));
      }
    }
    return { changes, messages: logical, relations };
  }
}

function isRow(message: { readonly type: string }): message is Parameters<RelationBook['changeOf']>[0] {
  return ['insert', 'update', 'delete', 'truncate'].includes(message.type);
}
