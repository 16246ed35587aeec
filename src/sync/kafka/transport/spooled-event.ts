import type { Position } from '../../../kernel/position.ts';
import type { LargeTransaction, TransactionPiece } from '../../change.ts';
import type { SpoolSpace } from '../../postgres/spool-space.ts';
import { TransactionSpool } from '../../postgres/transaction-spool.ts';
import type { BodyReader, EventBody } from './event-body.ts';

/** What a message that ends its piece has before its value in the spool; the others have a 0. */
const ENDS_PIECE = 1;

/** A large transaction whose messages are kept outside of memory. */
export class SpooledEvent implements LargeTransaction {
  readonly endPosition: Position;
  readonly #spool: TransactionSpool;
  readonly #bodies: BodyReader;
  readonly #onRelease: (event: SpooledEvent) => void;
  /** The parts of its first piece, until that is whole. */
  #first: Buffer[] | undefined = [];
  #head: Pick<EventBody, 'xid' | 'committedAtMs'> = {};

  constructor(
    endPosition: Position,
    { space, bodies }: { readonly space: SpoolSpace; readonly bodies: BodyReader },
    onRelease: (event: SpooledEvent) => void,
  ) {
    this.endPosition = endPosition;
    this.#spool = new TransactionSpool(space);
    this.#bodies = bodies;
    this.#onRelease = onRelease;
  }

  get xid(): number {
    return this.#head.xid ?? 0;
  }

  get committedAtMs(): number {
    return this.#head.committedAtMs ?? 0;
  }

  /** Throws FIG_SPOOL_FULL when there is no room, and FIG_TOPIC_FOREIGN when its first piece cannot be read. */
  append(value: Buffer, endsPiece: boolean): void {
    this.#spool.append(Buffer.concat([Buffer.from([endsPiece ? ENDS_PIECE : 0]), value]));
    if (!this.#first) return;
    this.#first.push(value);
    if (!endsPiece) return;
    const { xid, committedAtMs } = this.#bodies.read(Buffer.concat(this.#first));
    this.#head = { ...(xid !== undefined && { xid }), ...(committedAtMs !== undefined && { committedAtMs }) };
    this.#first = undefined;
  }

  async *pieces(): AsyncIterable<TransactionPiece> {
    let parts: Buffer[] = [];
    for await (const block of this.#spool.blocks()) {
      for (const message of block) {
        parts.push(message.subarray(1));
        if (message[0] !== ENDS_PIECE) continue;
        const { changes, messages, relations } = this.#bodies.read(Buffer.concat(parts));
        parts = [];
        yield { changes, messages, relations };
      }
    }
  }

  release(): Promise<void> {
    this.#onRelease(this);
    return this.#spool.release();
  }
}
