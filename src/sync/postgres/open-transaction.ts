import type { Position } from '../../kernel/position.ts';
import type { Change, LogicalMessage, SourceTransaction, TransactionPiece } from '../change.ts';
import type { PgoutputMessage, Relation } from './pgoutput-messages.ts';
import type { RelationBook, RowMessage } from './relation-book.ts';

type HeldMessage = RowMessage | Extract<PgoutputMessage, { type: 'message' }>;

/** A committed transaction whose later messages were spilled; `SpilledMessages` reads them. */
export interface SpilledTransaction {
  readonly spilled: true;
  readonly xid: number;
  readonly endPosition: Position;
  readonly committedAtMs: number;
  /** What had come before the first message was spilled. */
  readonly head: TransactionPiece;
  /** Whether the spilled messages came in streamed blocks, and so name their subtransactions. */
  readonly streamed: boolean;
  /** The tables as they were known when the first message was spilled. */
  readonly relations: RelationBook;
  /** Subtransactions that were rolled back. */
  readonly rolledBack: ReadonlySet<number>;
}

/** A transaction whose commit has not come yet. No I/O. */
export class OpenTransaction {
  readonly xid: number;
  readonly streamed: boolean;
  readonly relations: RelationBook;
  readonly #described: Relation[] = [];
  readonly #changes: Change[] = [];
  readonly #changeXids: number[] = [];
  readonly #messages: LogicalMessage[] = [];
  readonly #messageXids: number[] = [];
  readonly #rolledBack = new Set<number>();
  #bytes = 0;
  #relationsAtSpill: RelationBook | undefined;

  constructor(xid: number, streamed: boolean, relations: RelationBook) {
    this.xid = xid;
    this.streamed = streamed;
    this.relations = relations;
  }

  /** Bytes on the wire of what is held in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  get rows(): number {
    return this.#changes.length;
  }

  get isSpilling(): boolean {
    return this.#relationsAtSpill !== undefined;
  }

  /** Whether a message may be spilled as it is; the others change the state of the assembly. */
  isContent(bytes: Buffer): boolean {
    return 'IUDTM'.includes(String.fromCharCode(bytes[0] ?? 0));
  }

  hold(message: HeldMessage, xid: number, bytes: number): void {
    this.#bytes += bytes;
    if (message.type === 'message') {
      this.#messages.push(logicalMessage(message, this.#changes.length));
      this.#messageXids.push(xid);
    } else {
      this.#changes.push(this.relations.changeOf(message));
      this.#changeXids.push(xid);
    }
  }

  learn(relation: Relation): void {
    this.relations.learn(relation);
    if (!this.isSpilling) this.#described.push(relation);
  }

  spillFromHere(): void {
    this.#relationsAtSpill ??= this.relations.copy();
  }

  /** The server tells of every subtransaction inside the one that was rolled back by itself. */
  rollBack(subXid: number): void {
    this.#rolledBack.add(subXid);
  }

  close(endPosition: Position, committedAtMs: number): SourceTransaction | SpilledTransaction {
    const end = { xid: this.xid, endPosition, committedAtMs };
    const rolledBack = this.#rolledBack;
    const head =
      rolledBack.size === 0
        ? { changes: this.#changes, messages: this.#messages, relations: this.#described }
        : {
            relations: this.#described,
            changes: this.#changes.filter((_, i) => !rolledBack.has(this.#changeXids[i]!)),
            messages: this.#messages
              .filter((_, i) => !rolledBack.has(this.#messageXids[i]!))
              .map((message) => ({ ...message, after: this.#keptBefore(message.after ?? 0) })),
          };
    if (!this.#relationsAtSpill) return { ...end, ...head };
    return { ...end, spilled: true, head, streamed: this.streamed, relations: this.#relationsAtSpill, rolledBack };
  }

  #keptBefore(count: number): number {
    return this.#changeXids.slice(0, count).filter((xid) => !this.#rolledBack.has(xid)).length;
  }
}

/** `after`: so many changes came before it. */
export function logicalMessage(
  { prefix, content }: Extract<PgoutputMessage, { type: 'message' }>,
  after: number,
): LogicalMessage {
  return { prefix, content: content.toString('utf8'), after };
}
