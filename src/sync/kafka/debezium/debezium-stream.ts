import { FigError } from '../../../kernel/fig-error.ts';
import type { Position } from '../../../kernel/position.ts';
import { sleep } from '../../../kernel/service.ts';
import type { SourceTransaction, StreamEvent } from '../../change.ts';
import type { ChangeStream } from '../../change-stream.ts';
import type { JoiningFigures, PartitionPlace } from '../../capture/change-source.ts';
import type { KafkaMessage } from '../client/kafka-message.ts';
import type { ConnectorSettings } from './connector-settings.ts';
import { joinMoves } from './decode-change.ts';
import { TransactionJoiner, type WholeTransaction } from './join-transactions.ts';
import type { DecodedTable } from './row-decoder.ts';
import { TopicDecoder, type TopicEvent } from './topic-decoder.ts';
import type { LaneSlice, TopicLane, TopicLanes } from './topic-lanes.ts';

/** For something to come; the broker answers at once when there is something. */
const WAIT_MS = 500;
/** What one topic may be ahead of the others. */
const MOST_AHEAD_BYTES = 16 * 1024 * 1024;
/** A row is written before the end of its transaction, and may be seen after it; never by so much. */
const MISSING_AFTER_MS = 60_000;

export interface DebeziumStreamOptions {
  readonly lanes: TopicLanes;
  readonly tables: readonly DecodedTable[];
  readonly settings: ConnectorSettings;
  /** Transactions that end at or before it are not delivered. */
  readonly from: Position;
  /** Ends the stream when it aborts. */
  readonly lost?: AbortSignal | undefined;
}

interface HeldEvent {
  readonly event: TopicEvent;
  readonly lane: TopicLane;
  readonly bytes: number;
}

/** The connector went down inside it. */
interface BrokenTransaction {
  readonly transaction: string;
  /** What has to be read of each topic. */
  readonly targets: Map<TopicLane, bigint>;
  readonly done: Set<TopicLane>;
}

/**
 * Reads the topics of a Debezium connector for PostgreSQL as what they were made from: whole transactions in the order of
 * commits, each at the end of its commit record. Rows that a snapshot read are passed over.
 */
export class DebeziumStream implements ChangeStream {
  readonly #options: DebeziumStreamOptions;
  readonly #decoder: TopicDecoder;
  readonly #joiner: TransactionJoiner<HeldEvent>;
  readonly #ended = new AbortController();
  readonly #reading: Promise<unknown>;
  readonly #ahead = new Map<TopicLane, number>();
  /** Of the message to read next. */
  readonly #next = new Map<TopicLane, bigint>();
  #heardAt: number | undefined;
  #queue: StreamEvent[] = [];
  #failure: unknown;
  #acknowledged: Position;
  #broken: BrokenTransaction | undefined;
  #wake: (() => void) | undefined;
  #waitingSince: { readonly transaction: string; readonly at: number } | undefined;

  constructor(options: DebeziumStreamOptions) {
    this.#options = options;
    this.#acknowledged = options.from;
    this.#decoder = new TopicDecoder(options.lanes.prefix, options.tables, options.settings);
    this.#joiner = new TransactionJoiner(options.from, ({ lane, bytes: gone }) =>
      this.#ahead.set(lane, (this.#ahead.get(lane) ?? 0) - gone),
    );
    const onLost = (): void => this.#end(new FigError('FIG_REPLICATION_FAILED', 'another process may read the topics'));
    options.lost?.addEventListener('abort', onLost, { once: true, signal: this.#ended.signal });
    this.#reading = Promise.all(options.lanes.all.map((lane) => this.#follow(lane)));
  }

  get received(): Position {
    return this.#joiner.position;
  }

  get acknowledged(): Position {
    return this.#acknowledged;
  }

  readonly spooledBytes = 0;

  /** Where each partition is read on. */
  get places(): readonly PartitionPlace[] {
    return [...this.#next].map(([{ topic, partition }, next]) => ({ topic, partition, next }));
  }

  get joining(): JoiningFigures {
    const silentMs = this.#heardAt === undefined ? undefined : performance.now() - this.#heardAt;
    return { waiting: this.#joiner.open, silentMs };
  }

  /** The topics keep their messages whatever we say. */
  acknowledge(position: Position): void {
    if (position > this.#acknowledged) this.#acknowledged = position;
  }

  async next(): Promise<readonly StreamEvent[] | undefined> {
    while (this.#queue.length === 0) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#ended.signal.aborted) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const events = this.#queue;
    this.#queue = [];
    return events;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end(undefined);
    await this.#reading;
    await this.#options.lanes[Symbol.asyncDispose]();
  }

  /** Never rejects. */
  async #follow(lane: TopicLane): Promise<void> {
    try {
      while (!this.#ended.signal.aborted) {
        if (this.#isAhead(lane)) {
          await sleep(WAIT_MS / 10, this.#ended.signal);
          continue;
        }
        const broken = this.#broken;
        const { messages, next, high } = await lane.read(WAIT_MS, this.#ended.signal);
        for (const message of messages) this.#take(message, lane);
        this.#next.set(lane, next);
        if (messages.length > 0) this.#heardAt = performance.now();
        if (broken && broken === this.#broken) this.#readUpTo(broken, lane, { next, high });
        this.#deliver();
        this.#refuseMissing();
      }
    } catch (error) {
      this.#end(error);
    }
  }

  /** What the transaction needs that is next is read however much it is. */
  #isAhead(lane: TopicLane): boolean {
    if ((this.#ahead.get(lane) ?? 0) < MOST_AHEAD_BYTES) return false;
    const waiting = this.#joiner.waiting;
    return waiting === undefined || (waiting.missing === 0 && !waiting.isBroken);
  }

  #take(message: KafkaMessage, lane: TopicLane): void {
    const read = this.#decoder.read(lane.topic, message);
    if (!read) return;
    if (read.type === 'begin') this.#joiner.begin(read.transaction);
    else if (read.type === 'end') this.#joiner.end(read.ended);
    else {
      const bytes = message.value?.length ?? 0;
      const isHeld = this.#joiner.add({ ...read, event: { event: read.event, lane, bytes } });
      if (isHeld) this.#ahead.set(lane, (this.#ahead.get(lane) ?? 0) + bytes);
    }
  }

  /** What a read that began after the end of a broken transaction was seen found to be there has to be read. */
  #readUpTo(broken: BrokenTransaction, lane: TopicLane, { next, high }: Pick<LaneSlice, 'next' | 'high'>): void {
    const target = broken.targets.get(lane) ?? high;
    broken.targets.set(lane, target);
    if (next >= target) broken.done.add(lane);
    if (broken.done.size < this.#options.lanes.all.length) return;
    this.#joiner.clear(broken.transaction);
    this.#broken = undefined;
  }

  #deliver(): void {
    const whole = this.#joiner.take();
    const waiting = this.#joiner.waiting;
    if (waiting?.isBroken && this.#broken?.transaction !== waiting.ended.transaction) {
      this.#broken = { transaction: waiting.ended.transaction, targets: new Map(), done: new Set() };
    }
    if (whole.length === 0) return;
    for (const each of whole) this.#queue.push(this.#eventOf(each));
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #eventOf({ transaction, position, atMs, events }: WholeTransaction<HeldEvent>): StreamEvent {
    let bytes = 0;
    for (const held of events) bytes += held.bytes;
    const changed: SourceTransaction = {
      xid: Number(transaction),
      endPosition: position,
      committedAtMs: atMs,
      changes: joinMoves(events.flatMap(({ event }) => (event.kind === 'row' ? [event.decode()] : []))),
      messages: events.flatMap(({ event }) => (event.kind === 'message' ? [event.message] : [])),
      relations: [],
    };
    return { type: 'transaction', transaction: changed, bytes };
  }

  #refuseMissing(): void {
    const waiting = this.#joiner.waiting;
    if (!waiting) {
      this.#waitingSince = undefined;
      return;
    }
    const { transaction } = waiting.ended;
    if (this.#waitingSince?.transaction !== transaction) this.#waitingSince = { transaction, at: performance.now() };
    if (performance.now() - this.#waitingSince.at < MISSING_AFTER_MS) return;
    throw new FigError('FIG_DEBEZIUM_MESSAGE', `${waiting.missing} events of transaction ${transaction} do not come`, {
      remedy: 'The topics must keep every message (`cleanup.policy=delete`) for as long as read models may be behind.',
    });
  }

  #end(failure: unknown): void {
    if (this.#ended.signal.aborted) return;
    this.#failure = failure;
    this.#ended.abort();
    this.#wake?.();
  }
}
