import { FigError } from '../../../kernel/fig-error.ts';
import type { Position } from '../../../kernel/position.ts';
import { sleep } from '../../../kernel/service.ts';
import type { SourceTransaction, StreamEvent } from '../../change.ts';
import type { ChangeStream } from '../../change-stream.ts';
import type { JoiningFigures, PartitionPlace } from '../../capture/change-source.ts';
import type { KafkaMessage } from '../client/kafka-message.ts';
import type { ConnectorSettings } from './connector-settings.ts';
import { type CutReading, cutReading, undecided } from './cut-reading.ts';
import { changesAndMessages } from './changes-and-messages.ts';
import type { DecodedRow } from './decode-change.ts';
import { type EndedTransaction, TransactionJoiner, type WholeTransaction } from './join-transactions.ts';
import { doubtOf } from './left-out-events.ts';
import type { DecodedTable } from './row-decoder.ts';
import { SettledLanes } from './settled-lanes.ts';
import { ReadLevels } from './read-levels.ts';
import { SnapshotBook, type SnapshotStart } from './snapshot-book.ts';
import type { BinlogPlace, SnapshotMark } from './snapshot-mark.ts';
import type { SourceView } from './source-view.ts';
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
  /** Name of the database that rows have to be of; undefined: whatever it is. */
  readonly database?: string | undefined;
  /** Transactions that end at or before it are not delivered. */
  readonly from: Position;
  /** Ends the stream when it aborts. */
  readonly lost?: AbortSignal | undefined;
  /** How the connector tells transactions; PostgreSQL's way unless told. */
  readonly marks?: TransactionMarks | undefined;
  /** Rows that a snapshot read are given, too, from there on. See `snapshotOffsets`. */
  readonly snapshots?: SnapshotStart | undefined;
  /** Told before the stream fails: what stands before this position may miss changes for ever. */
  readonly onGap?: ((position: Position) => void) | undefined;
  readonly source?: SourceView | undefined;
}

/** A snapshot of which everything that there is was read. */
export interface EndedSnapshot {
  readonly place: BinlogPlace | undefined;
  /** Topics whose last row was seen; others have no row, or not yet. */
  readonly topics: ReadonlySet<string>;
}

interface HeldEvent {
  readonly event: TopicEvent;
  readonly lane: TopicLane;
  readonly bytes: number;
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
  readonly #snapshot: SnapshotBook | undefined;
  /** Whether everything was read that was written before the last table whose end was seen. */
  #snapshotLevel: SettledLanes | undefined;
  readonly #levels: ReadLevels;
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
  #cut: CutReading | undefined;
  #wake: (() => void) | undefined;
  #waitingSince: { readonly transaction: string; readonly at: number } | undefined;

  constructor(options: DebeziumStreamOptions) {
    this.#options = options;
    this.#acknowledged = options.from;
    const { marks, database, snapshots } = options;
    this.#decoder = new TopicDecoder(options.lanes.prefix, options.tables, options.settings, { marks, database });
    this.#snapshot = snapshots && new SnapshotBook(snapshots);
    this.#handedOut = new Map(snapshots?.offsets);
    this.#isSettled = snapshots?.isWhole !== false;
    this.#levels = new ReadLevels(options.lanes.all.length);
    this.#joiner = new TransactionJoiner(options.from, ({ lane, bytes: gone }) =>
      this.#ahead.set(lane, (this.#ahead.get(lane) ?? 0) - gone),
    );
    const onLost = (): void => {
      const reason: unknown = options.lost?.reason;
      const other = new FigError('FIG_REPLICATION_FAILED', 'another process may read the topics');
      this.#end(reason instanceof FigError ? reason : other);
    };
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

  get snapshotPlace(): BinlogPlace | undefined {
    return this.#snapshot?.place;
  }

  /** What the topics say of the snapshot once all that they have was handed out; undefined: more is to come, or nothing is known. */
  get endedSnapshot(): EndedSnapshot | undefined {
    if (this.#queue.length > 0 || this.#snapshotLevel?.isSettled !== true) return undefined;
    return { place: this.#snapshot!.place, topics: this.#snapshot!.ended };
  }

  /** What was written before this time, of this process's clock, has landed once all up to the position has. */
  landedAt(position: Position): number | undefined {
    return this.#levels.landedAt(position);
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
    if (this.#snapshot) this.#handedOut = new Map(this.#snapshot.offsets);
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
        const snapshotLevel = this.#snapshotLevel;
        const beganAt = performance.now();
        const { messages, next, high } = await lane.read(WAIT_MS, this.#ended.signal);
        for (const message of messages) this.#take(message, lane);
        this.#next.set(lane, next);
        if (messages.length > 0) this.#heardAt = performance.now();
        if (cut && cut === this.#cut && !cut.isRead) await this.#readUpTo(cut, lane, { next, high });
        settling?.note(lane, { next, high });
        snapshotLevel?.note(lane, { next, high });
        this.#isSettled ||= settling?.isSettled === true;
        this.#levels.note(lane, { next, high }, beganAt, this.#joiner.ended);
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
    else if (read.type === 'snapshot') {
      if (this.#snapshot === undefined) this.#passSnapshot(read.beginsAt, lane);
      else this.#takeSnapshot(this.#snapshot, read, message, lane);
    } else if (read.type === 'end') {
      if (!this.#isSettled) this.#settling ??= new SettledLanes(this.#options.lanes.all.length);
      if (!this.#joiner.end(read.ended)) this.#wentBack(read.ended);
    } else {
      this.#snapshot?.judgeChange(lane.topic, read.place);
      if (read.at > (this.#reached.get(lane) ?? 0n)) this.#reached.set(lane, read.at);
      if (read.event.kind === 'message') this.#options.source?.saw(read.event.message);
      const bytes = message.value?.length ?? 0;
      const isHeld = this.#joiner.add({ ...read, event: { event: read.event, lane, bytes } });
      if (isHeld) this.#ahead.set(lane, (this.#ahead.get(lane) ?? 0) + bytes);
    }
  }

  /** A row as it was after everything that its topic has of it before: given at once, at the position that was reached. */
  #takeSnapshot(
    snapshot: SnapshotBook,
    { decode, mark }: { readonly decode: () => DecodedRow; readonly mark: SnapshotMark },
    { offset, value }: KafkaMessage,
    { topic, partition }: TopicLane,
  ): void {
    const isTaken = snapshot.take({ topic, partition, offset, mark });
    if (mark.endsTable) this.#snapshotLevel = new SettledLanes(this.#options.lanes.all.length);
    if (!isTaken) return;
    const { change } = decode();
    const facts = { xid: 0, endPosition: this.#joiner.position, committedAtMs: 0, messages: [], relations: [] };
    this.#give([{ type: 'transaction', transaction: { ...facts, changes: [change] }, bytes: value?.length ?? 0 }]);
  }

  /** Nothing stands anywhere yet, so that nothing is missed of what was before. */
  get #isFromTheFirst(): boolean {
    return this.#options.from === 0n;
  }

  /** A connector takes one where it begins, and what was changed before is in no topic. */
  #passSnapshot(beginsAt: Position | undefined, { topic }: TopicLane): void {
    if (beginsAt === undefined || beginsAt <= this.#options.from || this.#isFromTheFirst) return;
    throw this.#gap(beginsAt, `a connector has begun with a snapshot of ${topic}, and sent nothing of before`);
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
   * finds it to be there. What the count covers may be written later than the end, but before what follows in the log, and
   * before the source is told that it is.
   */
  async #readUpTo(cut: CutReading, lane: TopicLane, { next, high }: Pick<LaneSlice, 'next' | 'high'>): Promise<void> {
    const { topics, position } = cut.ended;
    if (!cut.isWritten && this.#options.source?.hasWritten(position)) {
      this.#cut = cutReading(cut.ended, true);
      return;
    }
    const target = cut.targets.get(lane) ?? high;
    cut.targets.set(lane, target);
    const isPast = cut.isWritten || !topics.includes(lane.topic) || (this.#reached.get(lane) ?? 0n) > position;
    if (next >= target && isPast) cut.done.add(lane);
    if (cut.done.size < this.#options.lanes.all.length) return;
    cut.isRead = true;
    await this.#refuseCut(cut.ended);
    this.#joiner.clear(cut.ended.transaction);
  }

  #deliver(): void {
    if (!this.#isSettled) return;
    const whole = this.#joiner.take();
    const waiting = this.#joiner.waiting;
    if (waiting?.isCut && this.#cut?.ended !== waiting.ended) this.#cut = cutReading(waiting.ended, false);
    const events = whole.map((each) => this.#eventOf(each));
    if (events.length > 0) this.#give(events);
  }

  #eventOf({ transaction, position, atMs, events }: WholeTransaction<HeldEvent>): StreamEvent & {
    readonly bytes: number;
  } {
    let bytes = 0;
    let isFirst = false;
    for (const held of events) {
      bytes += held.bytes;
      isFirst ||= held.event.isFirst;
    }
    if (isFirst && !this.#isFromTheFirst)
      throw this.#gap(position, 'a connector that was made anew has sent what follows, and nothing of before');
    const changed: SourceTransaction = {
      xid: Number(transaction),
      endPosition: position,
      committedAtMs: atMs,
      ...changesAndMessages(events.map(({ event }) => event)),
      relations: [],
    };
    if (this.#options.source?.isGapBefore(changed)) {
      throw this.#gap(
        position,
        'what fig wrote into the log before did not come: the slot of the connector was made anew, or moved on',
      );
    }
    return { type: 'transaction', transaction: changed, bytes };
  }

  /** Of a transaction that was read as far as it was written. */
  async #refuseCut(ended: EndedTransaction): Promise<void> {
    const held = this.#joiner.cut(ended);
    const cut = { ...held, placed: held.placed.map((each) => ({ ...each, event: each.event.event })) };
    const events = cut.placed.map(({ place, event }) => ({ place, share: event.share }));
    const doubt = doubtOf(events, cut.sentBefore, cut.beginnings);
    const lacks = doubt === 'ask' ? ((await this.#options.source?.lacksRows(ended, cut)) ?? true) : doubt === 'missing';
    if (!lacks) return;
    const what = `the connector was started anew inside transaction ${ended.transaction}, and may have left out rows of it`;
    throw this.#gap(ended.position, what);
  }

  /** What the topics have of before is not all of the log that the server writes now. */
  #wentBack({ transaction }: EndedTransaction): void {
    const { source, onGap } = this.#options;
    if (!source) return;
    onGap?.(this.#joiner.furthest);
    const message = `transaction ${transaction} ends before others that came already: the server has left its log`;
    throw new FigError('FIG_LOG_FORKED', message);
  }

  #gap(position: Position, what: string): FigError {
    this.#options.onGap?.(position);
    return new FigError('FIG_TOPIC_GAP', what);
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
