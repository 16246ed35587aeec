import { FigError } from '../../../kernel/fig-error.ts';
import { milestone } from '../../../kernel/milestones.ts';
import type { Position } from '../../../kernel/position.ts';
import { sleep } from '../../../kernel/service.ts';
import type { StreamEvent, TransactionPiece } from '../../change.ts';
import type { ChangeStream } from '../../change-stream.ts';
import type { KafkaProducer } from '../client/kafka-producer.ts';
import {
  beginMessage,
  largeMessages,
  PART_BYTES,
  positionMessage,
  type TopicMessage,
  transactionMessages,
  type WriterPlace,
} from './cut-event.ts';
import { envelopeHeader } from './envelope.ts';
import { TableBook } from './table-book.ts';
import { PARTITION } from './partition.ts';

/** Positions of an idle stream are not worth a message each. */
const POSITION_EVERY_MS = 100;

export interface LeaderSessionOptions {
  readonly stream: ChangeStream;
  readonly producer: Pick<KafkaProducer, 'send'>;
  readonly topic: string;
  /** Digest of the log, number of the leader, and where the stream begins. */
  readonly place: WriterPlace;
  /** Told of each position when the topic has everything up to it; `offset` is that of the message to read next. */
  readonly onWritten: (position: Position, offset: bigint) => void;
  /** Told of everything that the topic has taken. */
  readonly onSent?: ((sent: SentCounts) => void) | undefined;
}

/** What one request has brought to the topic; a change is counted with the last message of its transaction or piece. */
export interface SentCounts {
  readonly messages: number;
  readonly bytes: number;
  readonly changes: number;
}

interface Batch {
  readonly messages: readonly TopicMessage[];
  /** How many of them end with a whole event; those behind are parts of one that goes on. */
  readonly whole: number;
  readonly bytes: number;
  readonly changes: number;
}

/** Writes what the stream gives to the topic, in its order; the server may forget what the topic has. */
export class LeaderSession {
  readonly #options: LeaderSessionOptions;
  readonly #tables = new TableBook();
  #place: WriterPlace;
  #batch: TopicMessage[] = [];
  #whole = 0;
  #bytes = 0;
  #changes = 0;
  /** The request under way. There is one at a time, while the next is being put together. */
  #sending: Promise<void> = Promise.resolve();
  #positionAt = Number.NEGATIVE_INFINITY;

  constructor(options: LeaderSessionOptions) {
    this.#options = options;
    this.#place = options.place;
  }

  /** Tells readers that a leader begins, and from where. */
  async begin(): Promise<void> {
    this.#add(beginMessage(this.#place));
    this.#passed(this.#place.previous);
    await this.#flush();
    await this.#sending;
  }

  /** Until the signal aborts. Throws when the stream or the topic fails; what was not acknowledged comes again. */
  async run(signal: AbortSignal): Promise<void> {
    const { stream } = this.#options;
    let coming = stream.next();
    // It is told when it is waited for.
    coming.catch(() => undefined);
    let idle: Position | undefined;
    while (!signal.aborted) {
      const events = await (idle === undefined ? coming : this.#orPause(coming));
      if (events === 'paused') {
        if (idle !== undefined) await this.#writePosition(idle);
        idle = undefined;
        continue;
      }
      if (!events) {
        await this.#sending;
        if (signal.aborted) return;
        throw new FigError('FIG_REPLICATION_FAILED', 'the server ended the replication stream');
      }
      milestone('sync:received');
      idle = await this.#write(events);
      coming = stream.next();
      coming.catch(() => undefined);
    }
    await this.#sending;
  }

  /** The next events, or the moment at which an idle position is due. */
  async #orPause(coming: Promise<readonly StreamEvent[] | undefined>) {
    const ended = new AbortController();
    const rest = Math.max(0, this.#positionAt + POSITION_EVERY_MS - performance.now());
    try {
      return await Promise.race([coming, sleep(rest, ended.signal).then(() => 'paused' as const)]);
    } finally {
      ended.abort();
    }
  }

  /** The position at the end of the events, if they end with one: it may be passed by the next event soon. */
  async #write(events: readonly StreamEvent[]): Promise<Position | undefined> {
    let idle: Position | undefined;
    for (const event of events) {
      idle = undefined;
      if (event.type === 'position') idle = event.position;
      else if (event.type === 'large') await this.#writeLarge(event);
      else {
        const transaction = this.#tables.complete(event.transaction);
        for (const message of transactionMessages(this.#place, transaction)) await this.#put(message);
        this.#changes += transaction.changes.length;
        this.#passed(transaction.endPosition);
      }
    }
    await this.#flush();
    return idle;
  }

  async #writeLarge({ transaction }: Extract<StreamEvent, { type: 'large' }>): Promise<void> {
    const pieces = this.#complete(transaction.pieces());
    for await (const message of largeMessages(this.#place, transaction, pieces)) await this.#put(message);
    this.#passed(transaction.endPosition);
    await transaction.release();
  }

  async *#complete(pieces: AsyncIterable<TransactionPiece>): AsyncGenerator<TransactionPiece> {
    for await (const piece of pieces) {
      this.#changes += piece.changes.length;
      yield this.#tables.complete(piece);
    }
  }

  async #writePosition(position: Position): Promise<void> {
    this.#add(positionMessage(this.#place, position));
    this.#passed(position);
    this.#positionAt = performance.now();
    await this.#flush();
  }

  #passed(position: Position): void {
    this.#place = { ...this.#place, previous: position };
    this.#whole = this.#batch.length;
  }

  async #put(message: TopicMessage): Promise<void> {
    if (this.#batch.length > 0 && this.#bytes + message.value.length > PART_BYTES) await this.#flush();
    this.#add(message);
  }

  #add(message: TopicMessage): void {
    this.#batch.push(message);
    this.#bytes += message.value.length + message.envelope.length;
  }

  /** Sends what there is, once what was sent before has arrived. */
  async #flush(): Promise<void> {
    await this.#sending;
    if (this.#batch.length === 0) return;
    const batch = { messages: this.#batch, whole: this.#whole, bytes: this.#bytes, changes: this.#changes };
    this.#batch = [];
    this.#whole = 0;
    this.#bytes = 0;
    this.#changes = 0;
    this.#sending = this.#send(batch, this.#place.previous);
    // It is told to whoever waits for it; nobody may wait for long, so the stream is ended.
    this.#sending.catch(() => void this.#options.stream[Symbol.asyncDispose]());
  }

  /** `position`: where the last event ends that is in the topic as a whole then. */
  async #send({ messages, whole, bytes, changes }: Batch, position: Position): Promise<void> {
    const { producer, topic, stream, onWritten, onSent } = this.#options;
    const offsets = await producer.send(
      topic,
      messages.map(({ envelope, value }) => ({
        partition: PARTITION,
        key: null,
        value,
        headers: { [envelopeHeader]: envelope },
      })),
    );
    milestone('sync:written');
    onSent?.({ messages: messages.length, bytes, changes });
    const first = offsets.get(PARTITION);
    stream.acknowledge(position);
    // Whoever begins to read begins with a whole event, so a batch that ends none says nothing of where.
    if (whole > 0 && first !== undefined && first >= 0n) onWritten(position, first + BigInt(whole));
  }
}
