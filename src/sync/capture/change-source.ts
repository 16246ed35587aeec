import type { Knex } from 'knex';
import type { Client } from 'pg';
import type { Log } from '../../kernel/log.ts';
import type { Position, SourcePosition } from '../../kernel/position.ts';
import type { ChangeStream } from '../change-stream.ts';
import type { SourceIdentity } from '../postgres/identify-source.ts';

/** Where changes can be had from. */
export interface StartPoint {
  /** What is made anew begins here. */
  readonly confirmed: Position;
  /** What stands before it has missed changes. */
  readonly oldest: Position;
}

export interface FindStart {
  readonly client: Client;
  /** Name of the slot and of the publication. */
  readonly name: string;
  readonly identity: SourceIdentity;
  /** Asks the server who it is once more. */
  readonly identifyAgain: () => Promise<SourceIdentity>;
  /** Whether rows are known to be of a log that the server has left. */
  readonly isForked: boolean;
  /** Told when changes will be missing for all. */
  readonly onMake: () => void;
  /** See `CaptureTimes`. */
  readonly createSlotBudgetMs: number;
  readonly log: Log;
}

export interface OpenStream {
  readonly name: string;
  readonly identity: SourceIdentity;
  /** The least position that somebody goes on from. */
  readonly from: Position;
  /** Names of the projections that go on with what they have, and not from `StartPoint.confirmed`. */
  readonly goingOn: readonly string[];
  /** How many projections there are. */
  readonly all: number;
  /** Tables that they are made from, `public.orders`; the changes of others may be left out. */
  readonly tables: ReadonlySet<string>;
}

/** Positions of another log than the one that is streamed: the one that users' writes are ordered by. */
export interface OtherPositions {
  readonly source: SourcePosition & AsyncDisposable;
  /** What of that log is applied once the stream is applied up to `streamed`; undefined while that is not known. */
  translate(streamed: Position): Position | undefined;
  /** So much later than it was there a position is told, on purpose, in milliseconds: that is no lag. Default: 0. */
  readonly heldBackMs?: number | undefined;
}

/** The projections that this process is to apply, where processes divide them among themselves. */
export interface SourceShare {
  readonly held: ReadonlySet<string>;
  /** To be given up: `release` says that no more is done with it. */
  readonly leaving: ReadonlySet<string>;
  /** Whether it is known what this process's share is. */
  readonly isSettled: boolean;
  /** Until it is told otherwise a session works on these. */
  use(names: Iterable<string>): void;
  release(name: string): void;
  /** Resolves when there is something else to take up or to give up, or the signal aborts. */
  changed(signal: AbortSignal): Promise<void>;
}

/** Where in a partition of a topic something reads on. */
export interface PartitionPlace {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the message to read next. */
  readonly next: bigint;
}

/** What a source that reads topics can say of that. */
export interface TopicReading {
  /** Those that it knows of by now. */
  readonly topics: readonly string[];
  /** Whether it is this process that applies the changes of a projection, `order_summary_v1`. */
  reads(projection: string): boolean;
  /** Where a projection that stands at the position reads on; empty while that is not known. */
  placesAt(position: Position): readonly PartitionPlace[];
  /** Where rows of one transaction come by many topics. */
  readonly joining?: JoiningFigures | undefined;
}

/** How far transactions are put together that came in parts. */
export interface JoiningFigures {
  /** Transactions of which something came, and not yet all. */
  readonly waiting: number;
  /** Since something came from any topic, in milliseconds; undefined: nothing did yet. */
  readonly silentMs: number | undefined;
}

/** How a session comes by the changes that it applies. */
export interface ChangeSource extends AsyncDisposable {
  /** What is published, and what the server keeps, is up to whoever holds the slot. */
  readonly holdsSlot: boolean;
  /** What stands before `StartPoint.oldest` is built again, and this is said of it. */
  readonly passedCode: 'FIG_SLOT_PASSED' | 'FIG_TOPIC_GAP';
  /** Why nothing new comes although its stream goes on; undefined: nothing is known to be wrong. */
  readonly failure?: string | undefined;
  /** Undefined: positions are those of the stream. */
  readonly positions?: OtherPositions | undefined;
  /** Undefined: whoever has its turn applies all. */
  readonly share?: SourceShare | undefined;
  /** Resolves when this process may apply changes, or the signal aborts. */
  awaitTurn(signal: AbortSignal): Promise<void>;
  find(start: FindStart): Promise<StartPoint>;
  open(stream: OpenStream): Promise<ChangeStream>;
  /** To be done in each target transaction that moves a projection to a position of the stream. */
  moved(tx: Knex.Transaction, projection: string, position: Position): Promise<void>;
}

/** What the source can say of topics that it reads itself; undefined: it reads none. */
export function topicReadingOf(source: (ChangeSource & Partial<TopicReading>) | undefined): TopicReading | undefined {
  return source && 'placesAt' in source ? (source as ChangeSource & TopicReading) : undefined;
}
