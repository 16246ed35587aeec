import { FigError } from '../../../kernel/fig-error.ts';
import type { Position } from '../../../kernel/position.ts';
import { sleep } from '../../../kernel/service.ts';
import type { SourceTransaction, StreamEvent } from '../../change.ts';
import type { ChangeStream } from '../../change-stream.ts';
import type { JoiningFigures, PartitionPlace } from '../../capture/change-source.ts';
import type { KafkaMessage } from '../client/kafka-message.ts';
import type { ConnectorSettings } from './connector-settings.ts';
import { changesAndMessages } from './changes-and-messages.ts';
import type { DecodedRow } from './decode-change.ts';
import { type EndedTransaction, TransactionJoiner, type WholeTransaction } from './join-transactions.ts';
import { mayLackEvents } from './left-out-events.ts';
import type { DecodedTable } from './row-decoder.ts';
import { SettledLanes } from './settled-lanes.ts';
import type { TransactionMarks } from './transaction-marks.ts';
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
  /** How the connector tells transactions; PostgreSQL's way unless told. */
  readonly marks?: TransactionMarks | undefined;
  /** Rows that a snapshot read are given, too: from these offsets on, by topic and partition, see `snapshotOffsets`. */
  readonly snapshots?: ReadonlyMap<string, bigint> | undefined;
  /** Told before the stream fails: what stands before this position may miss changes for ever. */
  readonly onGap?: ((position: Position) => void) | undefined;
}

interface HeldEvent {
  readonly event: TopicEvent;
  readonly lane: TopicLane;
  readonly bytes: number;
}

/** The connector went down inside it. */
interface CutTransaction {
  readonly ended: EndedTransaction;
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
  readonly #snapshotOffsets: Map<string, bigint>;
  #handedOut: ReadonlyMap<string, bigint>;
  /** The furthest place of the log that an event of the topic had. */
  readonly #reached = new Map<TopicLane, bigint>();
  /** Of the message to read next. */
  readonly #next = new Map<TopicLane, bigint>();
  #heardAt: number | undefined;
  #hasNotes = false;
  #queue: StreamEvent[] = [];
  #queuedBytes = 0;
  /** Before everything that a snapshot read is given, no transaction is; undefined: it is, or no end was seen yet. */
  #settling: SettledLanes | undefined;
  #isSettled: boolean;
  #failure: unknown;
  #acknowledged: Position;
  #cut: CutTransaction | undefined;
  #wake: (() => void) | undefined;
  #waitingSince: { readonly transaction: string; readonly at: number } | undefined;

  constructor(options: DebeziumStreamOptions) {
    this.#options = options;
    this.#acknowledged = options.from;
    this.#decoder = new TopicDecoder(options.lanes.prefix, options.tables, options.settings, options.marks);
    this.#snapshotOffsets = new Map(options.snapshots);
    this.#handedOut = new Map(options.snapshots);
    this.#isSettled = options.snapshots === undefined || options.from > 0n;
    this.#joiner = new TransactionJoiner(options.from, ({ lane, bytes: gone }) =>
      this.#ahead.set(lane, (this.#ahead.get(lane) ?? 0) - gone),
    );
    const onLost = (): void => this.#end(new FigError('FIG_REPLICATION_FAILED', 'another process may read the topics'));
    // It may have been lost while the topics were opened.
    if (options.lost?.aborted) onLost();
    else options.lost?.addEventListener('abort', onLost, { once: true, signal: this.#ended.signal });
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

  /** Where rows of snapshots that were not handed out by `next` yet begin, by topic and partition. */
  get snapshotOffsets(): ReadonlyMap<string, bigint> {
    return this.#handedOut;
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
    this.#queuedBytes = 0;
    this.#handedOut = new Map(this.#snapshotOffsets);
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
        const cut = this.#cut;
        const settling = this.#settling;
        const { messages, next, high } = await lane.read(WAIT_MS, this.#ended.signal);
        for (const message of messages) this.#take(message, lane);
        this.#next.set(lane, next);
        if (messages.length > 0) this.#heardAt = performance.now();
        if (cut && cut === this.#cut) this.#readUpTo(cut, lane, { next, high });
        settling?.note(lane, { next, high });
        this.#isSettled ||= settling?.isSettled === true;
        this.#deliver();
        this.#refuseMissing();
      }
    } catch (error) {
      this.#end(error);
    }
  }

  /** What the transaction needs that is next is read however much it is. */
  #isAhead(lane: TopicLane): boolean {
    if (this.#queuedBytes >= MOST_AHEAD_BYTES) return true;
    if (this.#settling && !this.#isSettled) return false;
    if ((this.#ahead.get(lane) ?? 0) < MOST_AHEAD_BYTES) return false;
    const waiting = this.#joiner.waiting;
    return waiting === undefined || (waiting.missing === 0 && !waiting.isCut);
  }

  #take(message: KafkaMessage, lane: TopicLane): void {
    const read = this.#decoder.read(lane.topic, message);
    if (!read) return;
    if (read.type !== 'event' && !this.#hasNotes) {
      this.#hasNotes = true;
      if (message.offset > 0n) this.#joiner.missTheFirst();
    }
    if (read.type === 'begin') this.#joiner.begin(read.transaction);
    else if (read.type === 'snapshot') this.#takeSnapshot(read.decode, message, lane);
    else if (read.type === 'end') {
      if (!this.#isSettled) this.#settling ??= new SettledLanes(this.#options.lanes.all.length);
      this.#joiner.end(read.ended);
    } else {
      if (read.at > (this.#reached.get(lane) ?? 0n)) this.#reached.set(lane, read.at);
      const bytes = message.value?.length ?? 0;
      const isHeld = this.#joiner.add({ ...read, event: { event: read.event, lane, bytes } });
      if (isHeld) this.#ahead.set(lane, (this.#ahead.get(lane) ?? 0) + bytes);
    }
  }

  /** A row as it was after everything that its topic has of it before: given at once, at the position that was reached. */
  #takeSnapshot(decode: () => DecodedRow, { offset, value }: KafkaMessage, { topic, partition }: TopicLane): void {
    if (this.#options.snapshots === undefined) return;
    const place = `${topic}/${partition}`;
    if (offset < (this.#snapshotOffsets.get(place) ?? 0n)) return;
    this.#snapshotOffsets.set(place, offset + 1n);
    const { change } = decode();
    const facts = { xid: 0, endPosition: this.#joiner.position, committedAtMs: 0, messages: [], relations: [] };
    this.#give([{ type: 'transaction', transaction: { ...facts, changes: [change] }, bytes: value?.length ?? 0 }]);
  }

  #give(events: readonly (StreamEvent & { readonly bytes: number })[]): void {
    for (const event of events) {
      this.#queue.push(event);
      this.#queuedBytes += event.bytes;
    }
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /**
   * What was sent before the connector went down was written before the transaction's end: a read that began after that was seen
   * finds it to be there. What the count covers may be written later than the end, but before what follows in the log.
   */
  #readUpTo(cut: CutTransaction, lane: TopicLane, { next, high }: Pick<LaneSlice, 'next' | 'high'>): void {
    const target = cut.targets.get(lane) ?? high;
    cut.targets.set(lane, target);
    const { transaction, topics, position } = cut.ended;
    const isPast = !topics.includes(lane.topic) || (this.#reached.get(lane) ?? 0n) > position;
    if (next >= target && isPast) cut.done.add(lane);
    if (cut.done.size < this.#options.lanes.all.length) return;
    this.#joiner.clear(transaction);
    this.#cut = undefined;
  }

  #deliver(): void {
    if (!this.#isSettled) return;
    const whole = this.#joiner.take();
    const waiting = this.#joiner.waiting;
    if (waiting?.isCut && this.#cut?.ended !== waiting.ended) {
      this.#cut = { ended: waiting.ended, targets: new Map(), done: new Set() };
    }
    for (const each of whole) this.#refuseGap(each);
    if (whole.length > 0) this.#give(whole.map((each) => this.#eventOf(each)));
  }

  #eventOf({ transaction, position, atMs, events }: WholeTransaction<HeldEvent>): StreamEvent & {
    readonly bytes: number;
  } {
    let bytes = 0;
    for (const held of events) bytes += held.bytes;
    const changed: SourceTransaction = {
      xid: Number(transaction),
      endPosition: position,
      committedAtMs: atMs,
      ...changesAndMessages(events.map(({ event }) => event)),
      relations: [],
    };
    return { type: 'transaction', transaction: changed, bytes };
  }

  #refuseGap({ transaction, position, events, sentBefore }: WholeTransaction<HeldEvent>): void {
    const all = events.map(({ event }) => event);
    if (!mayLackEvents(all, sentBefore)) return;
    this.#options.onGap?.(position);
    throw new FigError(
      'FIG_TOPIC_GAP',
      `the connector was started anew inside transaction ${transaction}, and may have left out rows of it`,
    );
  }

  #refuseMissing(): void {
    const waiting = this.#isSettled ? this.#joiner.waiting : undefined;
    if (!waiting) {
      this.#waitingSince = undefined;
      return;
    }
    const { transaction } = waiting.ended;
    if (this.#waitingSince?.transaction !== transaction) this.#waitingSince = { transaction, at: performance.now() };
    if (performance.now() - this.#waitingSince.at < MISSING_AFTER_MS) return;
    if (waiting.missing <= 0) throw undecided(waiting.ended);
    throw new FigError('FIG_DEBEZIUM_MESSAGE', `${waiting.missing} events of transaction ${transaction} do not come`, {
      remedy:
        'The connector has to run, and topics must keep every message (`cleanup.policy=delete`) for as long as read models may be behind.',
    });
  }

  #end(failure: unknown): void {
    if (this.#ended.signal.aborted) return;
    this.#failure = failure;
    this.#ended.abort();
    this.#wake?.();
  }
}

function undecided({ transaction, topics }: EndedTransaction): FigError {
  const names = topics.join(', ');
  return new FigError(
    'FIG_DEBEZIUM_MESSAGE',
    `the connector went down inside transaction ${transaction}, and nothing shows yet that all of it was written to ${names}`,
    {
      remedy:
        'It goes on by itself with the next change of each of these tables; an update that changes nothing is enough.',
    },
  );
}
