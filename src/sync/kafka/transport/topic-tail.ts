import type { KafkaAccess } from '../client/access.ts';
import { KafkaConnection } from '../client/kafka-connection.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Position } from '../../../kernel/position.ts';
import type { TransactionPiece } from '../../change.ts';
import type { LineHead } from '../../tail/line-maker.ts';
import { type Envelope, envelopeHeader, readEnvelope } from './envelope.ts';
import { BodyReader } from './event-body.ts';
import { PARTITION } from './partition.ts';

const WAIT_MS = 500;

export interface TopicTailOptions {
  readonly access: KafkaAccess;
  readonly topic: string;
  /** The first message that is kept, or the next that will be written. */
  readonly from: 'beginning' | 'now';
  /** Told when the place is known from which everything is seen; reading begins when it resolves. */
  readonly onBegin: () => Promise<void>;
  readonly log: Log;
}

/** A transaction, or a piece of a large one. */
export interface TailedPiece {
  readonly head: LineHead;
  readonly piece: TransactionPiece;
}

/**
 * What the topic has, for somebody who looks: each transaction once, whichever leaders wrote it, piece by piece. It reads in
 * no group and keeps no place, and what is missing from the topic is not its business. Throws FIG_KAFKA_*, FIG_TOPIC_FOREIGN.
 */
export async function* tailTopic(
  { access, topic, from, onBegin, log }: TopicTailOptions,
  signal: AbortSignal,
): AsyncGenerator<TailedPiece> {
  const kafka = new KafkaConnection(access, log);
  let next = await beginningOf(kafka, topic, from);
  await using reader = await kafka.reader(topic, PARTITION);
  await onBegin();
  const pieces = new PieceReader();
  while (!signal.aborted) {
    const slice = await reader.read(next, WAIT_MS);
    next = slice.next;
    for (const { headers, value } of slice.messages) {
      if (signal.aborted) return;
      const header = headers.get(envelopeHeader)?.toString();
      // Somebody else wrote it.
      if (header === undefined) continue;
      const found = pieces.read(header, value ?? Buffer.alloc(0));
      if (found) yield found;
    }
  }
}

async function beginningOf(kafka: KafkaConnection, topic: string, from: TopicTailOptions['from']): Promise<bigint> {
  await using admin = await kafka.admin();
  const range = (await admin.offsets(topic)).get(PARTITION) ?? { low: 0n, high: 0n };
  return from === 'beginning' ? range.low : range.high;
}

interface OpenPiece {
  readonly epoch: number;
  readonly end: Position;
  committedAtMs: number;
  /** Number of the message to come. */
  part: number;
  parts: Buffer[];
}

/** Puts messages together to pieces. What was begun before the first message is passed over. No I/O. */
export class PieceReader {
  readonly #bodies = new BodyReader();
  #open: OpenPiece | undefined;
  #epoch = 0;
  #log = '';
  /** Up to here everything was given. */
  #at: Position = 0n;

  /** Throws FIG_TOPIC_FOREIGN. */
  read(header: string, value: Buffer): TailedPiece | undefined {
    const envelope = readEnvelope(header);
    const { kind, epoch, log, end } = envelope;
    // A later leader writes it as well.
    if (epoch < this.#epoch) return undefined;
    this.#epoch = epoch;
    if (log !== this.#log) this.#at = 0n;
    this.#log = log;
    if (kind === 'begin' || kind === 'position' || end <= this.#at) return undefined;
    return this.#take(envelope, value);
  }

  #take({ epoch, end, part, cut }: Envelope, value: Buffer): TailedPiece | undefined {
    if (part === 0) this.#open = { epoch, end, committedAtMs: 0, part: 0, parts: [] };
    const open = this.#open;
    if (!open || open.end !== end || open.epoch !== epoch || open.part !== part) return undefined;
    open.part += 1;
    open.parts.push(value);
    if (cut === 'inside') return undefined;
    const {
      committedAtMs = open.committedAtMs,
      changes,
      messages,
      relations,
    } = this.#bodies.read(Buffer.concat(open.parts));
    open.parts = [];
    open.committedAtMs = committedAtMs;
    if (cut === 'end') {
      this.#at = end;
      this.#open = undefined;
    }
    return { head: { endPosition: end, committedAtMs }, piece: { changes, messages, relations } };
  }
}
