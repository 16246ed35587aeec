import { FigError } from '../../../kernel/fig-error.ts';
import type { Position } from '../../../kernel/position.ts';
import { sleep } from '../../../kernel/service.ts';
import type { BatchLimits } from '../../batch-limits.ts';
import type { StreamEvent } from '../../change.ts';
import type { ChangeStream } from '../../change-stream.ts';
import { isMarked } from '../../is-marked.ts';
import { type SpoolOptions, SpoolSpace } from '../../postgres/spool-space.ts';
import type { KafkaMessage } from '../client/kafka-message.ts';
import type { PartitionReader, PartitionSlice } from '../client/partition-reader.ts';
import { envelopeHeader } from './envelope.ts';
import type { ReaderPlace } from './judge-message.ts';
import { MessageReader, TopicGap, type TopicPlace } from './message-reader.ts';
import { TopicPlaces } from './topic-places.ts';

/** For something to come; the broker answers at once when there is something. */
const WAIT_MS = 500;
/** Messages of large transactions that wait for the disk. */
const PAUSE_ABOVE_BACKLOG = 8 * 1024 * 1024;

export interface TopicStreamOptions {
  readonly reader: PartitionReader;
  readonly place: ReaderPlace;
  /** Of the message to begin with. */
  readonly offset: bigint;
  readonly spool: SpoolOptions;
  readonly batch: BatchLimits;
  /** See `MessageReader`. */
  readonly isNeeded: (table: string) => boolean;
  /** Ends the stream when it aborts. */
  readonly lost: AbortSignal;
  /** Told of what is missing before the stream fails for it. */
  readonly onGap: (gap: TopicGap) => void;
  /** Told of the first message that somebody else has written: it is passed over, since what is missing of ours shows as a gap. */
  readonly onForeign?: ((offset: bigint) => void) | undefined;
}

/** How far a stream has read. */
export interface ReadSoFar {
  /** Of the message to read next. */
  readonly offset: bigint;
  /** Messages that were written and not read, when the broker was last asked. */
  readonly behind: bigint;
}

/** Reads the changes of the legacy database from a topic. What is applied meanwhile is read ahead by one answer of the broker. */
export class TopicStream implements ChangeStream {
  readonly #options: TopicStreamOptions;
  readonly #space: SpoolSpace;
  readonly #messages: MessageReader;
  readonly #places = new TopicPlaces();
  readonly #ended = new AbortController();
  #failure: unknown;
  #slice: readonly KafkaMessage[] = [];
  #at = 0;
  #ahead: Promise<PartitionSlice> | undefined;
  #offset: bigint;
  #high: bigint;
  #acknowledged: Position;
  #onWritten: (() => void) | undefined;
  #hasMetForeign = false;

  constructor(options: TopicStreamOptions) {
    this.#options = options;
    this.#space = new SpoolSpace(
      options.spool,
      () => this.#onWritten?.(),
      (error) => this.#end(error),
    );
    this.#messages = new MessageReader(options.place, this.#space, options.isNeeded);
    this.#offset = options.offset;
    this.#high = options.offset;
    this.#acknowledged = options.place.at;
    const onLost = (): void => this.#end(new FigError('FIG_REPLICATION_FAILED', 'another process may read the topic'));
    if (options.lost.aborted) onLost();
    else options.lost.addEventListener('abort', onLost, { once: true, signal: this.#ended.signal });
  }

  get received(): Position {
    return this.#messages.at;
  }

  get acknowledged(): Position {
    return this.#acknowledged;
  }

  get spooledBytes(): number {
    return this.#space.used;
  }

  get soFar(): ReadSoFar {
    const behind = this.#high - this.#offset + BigInt(this.#slice.length - this.#at);
    return { offset: this.#offset, behind: behind > 0n ? behind : 0n };
  }

  /** Where to read on once everything up to the position is applied. */
  placeOf(position: Position): TopicPlace | undefined {
    return this.#places.upTo(position);
  }

  /** Offset of the first message that says something new to whoever stands at the position; undefined: not known. */
  nextAfter(position: Position): bigint | undefined {
    // What was read and said nothing new, as that a leader began, does not wait to be applied.
    const isLevel = position >= this.received && this.#messages.isBetweenEvents;
    return isLevel ? (this.#slice[this.#at]?.offset ?? this.#offset) : this.placeOf(position)?.offset;
  }

  acknowledge(position: Position): void {
    if (position <= this.#acknowledged) return;
    this.#acknowledged = position;
    this.#places.forgetBefore(position);
  }

  async next(): Promise<readonly StreamEvent[] | undefined> {
    const { batch } = this.#options;
    const events: StreamEvent[] = [];
    let [rows, bytes, isUrgent] = [0, 0, false];
    let deadline = Number.POSITIVE_INFINITY;
    while (!this.#ended.signal.aborted) {
      while (this.#at < this.#slice.length && rows < batch.rows && bytes < batch.bytes) {
        const event = this.#take(this.#slice[this.#at]!);
        this.#at += 1;
        if (!event) continue;
        events.push(event);
        isUrgent ||= event.type !== 'transaction' || isMarked(event.transaction);
        if (event.type !== 'transaction') continue;
        if (rows === 0) deadline = performance.now() + batch.waitMs;
        rows += event.transaction.changes.length;
        bytes += event.bytes;
      }
      const isFull = rows >= batch.rows || bytes >= batch.bytes;
      const rest = deadline - performance.now();
      if (events.length > 0 && (isUrgent || isFull || rest <= 0)) return events;
      await this.#roomOnDisk();
      if (events.length > 0) await this.#moreWithin(rest);
      else await this.#more();
    }
    if (this.#failure !== undefined) throw this.#failure;
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end(undefined);
    await this.#options.reader[Symbol.asyncDispose]();
    await this.#ahead?.catch(() => undefined);
    await this.#messages[Symbol.asyncDispose]();
  }

  #take({ headers, value, offset }: KafkaMessage): StreamEvent | undefined {
    const header = headers.get(envelopeHeader)?.toString();
    if (header === undefined) {
      if (!this.#hasMetForeign) this.#options.onForeign?.(offset);
      this.#hasMetForeign = true;
      return undefined;
    }
    const event = this.#read(header, value ?? Buffer.alloc(0), offset);
    if (!event) return undefined;
    const position = event.type === 'position' ? event.position : event.transaction.endPosition;
    this.#places.add({ position, offset: offset + 1n, epoch: this.#messages.epoch });
    return event;
  }

  #read(header: string, value: Buffer, offset: bigint): StreamEvent | undefined {
    try {
      return this.#messages.read(header, value, offset);
    } catch (error) {
      if (error instanceof TopicGap) this.#options.onGap(error);
      throw error;
    }
  }

  /** The next answer of the broker, unless it is not there in time. */
  async #moreWithin(ms: number): Promise<void> {
    let isThere = false;
    const answered = this.#ask().then(
      () => (isThere = true),
      () => (isThere = true),
    );
    await Promise.race([answered, sleep(ms, this.#ended.signal)]);
    if (isThere) await this.#more();
  }

  #ask(): Promise<PartitionSlice> {
    this.#ahead ??= this.#options.reader.read(this.#offset, WAIT_MS);
    return this.#ahead;
  }

  async #more(): Promise<void> {
    try {
      const slice = await this.#ask();
      this.#ahead = undefined;
      if (this.#ended.signal.aborted) return;
      this.#slice = slice.messages;
      this.#at = 0;
      this.#offset = slice.next;
      this.#high = slice.high;
      // While that is worked on. A failure is told when the answer is asked for.
      if (slice.messages.length > 0) this.#ask().catch(() => undefined);
    } catch (error) {
      this.#ahead = undefined;
      this.#end(error);
    }
  }

  async #roomOnDisk(): Promise<void> {
    while (this.#space.backlog > PAUSE_ABOVE_BACKLOG && !this.#ended.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#onWritten = resolve;
      });
    }
  }

  #end(failure: unknown): void {
    if (this.#ended.signal.aborted) return;
    this.#failure = failure;
    this.#ended.abort();
    this.#onWritten?.();
  }
}
