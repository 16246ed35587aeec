import type { Position } from '../../../kernel/position.ts';
import type { LargeTransaction, SourceTransaction, TransactionPiece } from '../../change.ts';
import { type Cut, type Envelope, writeEnvelope } from './envelope.ts';
import { writeBody } from './event-body.ts';

/** A message as it goes to the topic. */
export interface TopicMessage {
  /** See `writeEnvelope`. */
  readonly envelope: string;
  readonly value: Buffer;
}

/** Who writes, and how far it has come. */
export type WriterPlace = Pick<Envelope, 'epoch' | 'log' | 'previous'>;

/**
 * Bytes of a body that one message holds at most. Brokers take messages up to 1 MiB unless told otherwise, together with
 * all others of the same request.
 */
export const PART_BYTES = 512 * 1024;

export function beginMessage(place: WriterPlace): TopicMessage {
  return empty({ ...place, kind: 'begin', end: place.previous });
}

export function positionMessage(place: WriterPlace, end: Position): TopicMessage {
  return empty({ ...place, kind: 'position', end });
}

export function transactionMessages(
  place: WriterPlace,
  transaction: SourceTransaction,
  partBytes: number = PART_BYTES,
): readonly TopicMessage[] {
  const head: Head = { ...place, kind: 'transaction', end: transaction.endPosition };
  return [...parts(writeBody(transaction), { head, from: 0, last: 'end', partBytes })];
}

/** One message after the other, while the transaction is read. */
export async function* largeMessages(
  place: WriterPlace,
  transaction: Pick<LargeTransaction, 'xid' | 'committedAtMs' | 'endPosition'>,
  pieces: AsyncIterable<TransactionPiece>,
  partBytes: number = PART_BYTES,
): AsyncGenerator<TopicMessage> {
  const { xid, committedAtMs, endPosition } = transaction;
  const head: Head = { ...place, kind: 'large', end: endPosition };
  // Which piece is the last is known when there is no other.
  let body: string | undefined;
  let from = 0;
  for await (const piece of pieces) {
    if (body !== undefined) {
      for (const message of parts(body, { head, from, last: 'piece', partBytes })) {
        from += 1;
        yield message;
      }
    }
    body = writeBody(body === undefined ? { ...piece, xid, committedAtMs } : piece);
  }
  body ??= writeBody({ xid, committedAtMs, relations: [], changes: [], messages: [] });
  yield* parts(body, { head, from, last: 'end', partBytes });
}

type Head = Omit<Envelope, 'part' | 'cut'>;

interface Parting {
  readonly head: Head;
  /** Number of the first. */
  readonly from: number;
  /** How the last is cut. */
  readonly last: Cut;
  readonly partBytes: number;
}

function* parts(body: string, { head, from, last, partBytes }: Parting): Generator<TopicMessage> {
  const bytes = Buffer.from(body);
  const count = Math.max(1, Math.ceil(bytes.length / partBytes));
  for (let n = 0; n < count; n += 1) {
    const cut = n === count - 1 ? last : 'inside';
    const value = bytes.subarray(n * partBytes, (n + 1) * partBytes);
    yield { envelope: writeEnvelope({ ...head, part: from + n, cut }), value };
  }
}

function empty(head: Head): TopicMessage {
  return { envelope: writeEnvelope({ ...head, part: 0, cut: 'end' }), value: Buffer.alloc(0) };
}
