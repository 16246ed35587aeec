import { MessageOpener } from '../kafka/debezium/connect-message.ts';
import { binlogPosition } from '../kafka/debezium/binlog-position.ts';
import type { BinlogPlace } from '../kafka/debezium/snapshot-mark.ts';
import type { TopicLane, TopicLanes } from '../kafka/debezium/topic-lanes.ts';
import type { KafkaMessage } from '../kafka/client/kafka-message.ts';
import { judgeDdl, readSchemaChange, type SchemaChange } from './judge-ddl.ts';
import type { LandedTable } from './mysql-catalog.ts';

const WAIT_MS = 500;

export interface SchemaWatchParts {
  readonly lanes: TopicLanes;
  readonly tables: readonly LandedTable[];
  /** What was judged before, by topic and partition. */
  readonly from: ReadonlyMap<string, bigint>;
}

interface SeenChange {
  readonly change: SchemaChange;
  readonly at: string;
  readonly offset: bigint;
}

/**
 * Reads what a connector says of statements that change tables. They are told by their offsets and not by positions: what was
 * changed afterwards may well land before it is read.
 */
export class SchemaWatch implements AsyncDisposable {
  readonly #parts: SchemaWatchParts;
  readonly #ended = new AbortController();
  readonly #judged: Map<string, bigint>;
  readonly #reading: Promise<unknown>;
  readonly #opener = new MessageOpener();
  /** What was in these when the watch began was not read yet. */
  readonly #unread: Set<TopicLane>;
  #seen: SeenChange[] = [];
  #failure: unknown;

  constructor(parts: SchemaWatchParts) {
    this.#parts = parts;
    this.#judged = new Map(parts.from);
    this.#unread = new Set(parts.lanes.all);
    this.#reading = Promise.all(parts.lanes.all.map((lane) => this.#follow(lane)));
  }

  /** Where what was not judged begins, by topic and partition. */
  get judged(): ReadonlyMap<string, bigint> {
    return this.#judged;
  }

  /** Whether all was read that was there when the watch began. */
  get isLevel(): boolean {
    return this.#unread.size === 0;
  }

  /** `snapshot`: where the snapshot was taken that has landed. Throws FIG_SOURCE_CHANGED for what came after it, and what reading throws. */
  judge(snapshot: BinlogPlace | undefined): void {
    if (this.#failure !== undefined) throw this.#failure;
    const seen = this.#seen;
    for (const { change, at, offset } of seen) {
      const isLater = change.place !== undefined && (snapshot === undefined || isAfter(change.place, snapshot));
      const refusal = isLater ? judgeDdl(change, this.#parts.tables) : undefined;
      if (refusal) throw refusal;
      this.#judged.set(at, offset + 1n);
    }
    this.#seen = [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#reading;
    await this.#parts.lanes[Symbol.asyncDispose]();
  }

  /** Never rejects. */
  async #follow(lane: TopicLane): Promise<void> {
    try {
      while (!this.#ended.signal.aborted) {
        const { messages, next, high } = await lane.read(WAIT_MS, this.#ended.signal);
        for (const message of messages) this.#take(message, lane);
        if (next >= high) this.#unread.delete(lane);
      }
    } catch (error) {
      this.#failure ??= error;
    }
  }

  #take({ value, offset }: KafkaMessage, { topic, partition }: TopicLane): void {
    const at = `${topic}/${partition}`;
    if (value === null || offset < (this.#judged.get(at) ?? 0n)) return;
    const change = readSchemaChange(this.#opener.open(value.toString()).payload);
    if (change) this.#seen.push({ change, at, offset });
  }
}

function isAfter(a: BinlogPlace, b: BinlogPlace): boolean {
  return binlogPosition(a.file, a.offset) >= binlogPosition(b.file, b.offset);
}
