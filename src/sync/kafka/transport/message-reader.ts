import { FigError } from '../../../kernel/fig-error.ts';
import { formatPosition, type Position } from '../../../kernel/position.ts';
import type { StreamEvent } from '../../change.ts';
import type { Relation } from '../../postgres/pgoutput-messages.ts';
import type { SpoolSpace } from '../../postgres/spool-space.ts';
import { type Envelope, readEnvelope } from './envelope.ts';
import { EventAssembler } from './event-assembler.ts';
import { judgeMessage, type ReaderPlace } from './judge-message.ts';

/** Where to go on reading once everything up to a position is applied. */
export interface TopicPlace {
  readonly position: Position;
  /** Of the message to read next. */
  readonly offset: bigint;
  /** Of the leader that wrote the messages before it. */
  readonly epoch: number;
}

/** The topic does not hold what comes after the reader's position. */
export class TopicGap extends FigError {
  /** From here on the topic holds everything. */
  readonly next: TopicPlace;

  constructor(at: Position, next: TopicPlace) {
    super(
      'FIG_TOPIC_GAP',
      `the topic has nothing between ${formatPosition(at)} and ${formatPosition(next.position)}, at offset ${next.offset}`,
    );
    this.next = next;
  }
}

/** Reads messages in the order of their offsets and gives every event once, in the order of commits. */
export class MessageReader implements AsyncDisposable {
  readonly #assembler: EventAssembler;
  readonly #logs: Pick<ReaderPlace, 'logs' | 'logsSince'>;
  /** What the reader was told of tables: everything that was said in this session is news once. */
  readonly #told = new Map<number, Relation>();
  #at: Position;
  #epoch: number;

  /** Transactions come without what they hold where no table of theirs `isNeeded`. */
  constructor({ at, epoch, ...logs }: ReaderPlace, space: SpoolSpace, isNeeded?: (table: string) => boolean) {
    this.#assembler = new EventAssembler(space, isNeeded);
    this.#at = at;
    this.#epoch = epoch;
    this.#logs = logs;
  }

  get at(): Position {
    return this.#at;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Nothing was read of an event that has not ended. */
  get isBetweenEvents(): boolean {
    return !this.#assembler.isOpen;
  }

  /**
   * The event that the message completes, if it is one that was not given yet. Throws TopicGap, FIG_TOPIC_FOREIGN, and
   * FIG_LOG_FORKED when the source goes on with another log.
   */
  read(header: string, value: Buffer, offset: bigint): StreamEvent | undefined {
    const envelope = readEnvelope(header);
    const verdict = judgeMessage(envelope, { at: this.#at, epoch: this.#epoch, ...this.#logs });
    if (verdict === 'superseded') return undefined;
    if (verdict === 'unknown-log') {
      throw new FigError('FIG_LOG_FORKED', `the topic goes on with another log, ${envelope.log}`);
    }
    if (verdict === 'gap') throw this.#gap(envelope, offset);
    if (envelope.epoch > this.#epoch) {
      // What the leader before it had begun it never ends, or ends too late.
      this.#assembler.drop();
      this.#epoch = envelope.epoch;
    }
    return verdict === 'take' ? this.#take(envelope, value, offset) : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#assembler[Symbol.asyncDispose]();
  }

  #take(envelope: Envelope, value: Buffer, offset: bigint): StreamEvent | undefined {
    const order = this.#assembler.isNext(envelope);
    // Its beginning is not there, so the first that can be had is what comes after it.
    if (order === 'too-late') throw this.#gap({ epoch: envelope.epoch, previous: envelope.end }, offset);
    if (order === 'repeated') return undefined;
    const event = this.#assembler.push(envelope, value);
    if (!event) return undefined;
    this.#at = envelope.end;
    if (event.type !== 'transaction') return event;
    const { relations } = event.transaction;
    const news = relations.filter((relation) => this.#isNews(relation));
    return { ...event, transaction: { ...event.transaction, relations: news } };
  }

  #isNews(relation: Relation): boolean {
    // One that is as it was is the same object: see `BodyReader`.
    if (this.#told.get(relation.oid) === relation) return false;
    this.#told.set(relation.oid, relation);
    return true;
  }

  #gap({ previous, epoch }: Pick<Envelope, 'previous' | 'epoch'>, offset: bigint): TopicGap {
    return new TopicGap(this.#at, { position: previous, offset, epoch });
  }
}
