import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { NormalizedKafkaEvents } from '../../../config/events-definition.ts';
import { FigError } from '../../../kernel/fig-error.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Position } from '../../../kernel/position.ts';
import { sleep } from '../../../kernel/service.ts';
import { type StoredPlace, TransportStore } from '../../../store/transport-store.ts';
import type { BatchLimits } from '../../batch-limits.ts';
import type {
  ChangeSource,
  FindStart,
  OpenStream,
  PartitionPlace,
  StartPoint,
  TopicReading,
} from '../../capture/change-source.ts';
import type { ChangeStream } from '../../change-stream.ts';
import type { SpoolOptions } from '../../postgres/spool-space.ts';
import { KafkaConnection } from '../client/kafka-connection.ts';
import { chooseStart } from './choose-start.ts';
import { currentLog, isOfLogs, sourceLogs } from './source-logs.ts';
import { PARTITION } from './partition.ts';
import { SharedModels } from '../../offices/shared-models.ts';
import { officeLock, Tenure } from './tenure.ts';
import type { TopicGap } from './message-reader.ts';
import { type ReadSoFar, TopicStream } from './topic-stream.ts';

const LOOK_EVERY_MS = 250;

export interface TopicSourceOptions {
  readonly events: Pick<NormalizedKafkaEvents, 'brokers' | 'security' | 'topic'>;
  readonly migration: string;
  /** Holds the control store as well. */
  readonly target: Knex;
  readonly storeUrl: string;
  readonly spool: SpoolOptions;
  readonly batch: BatchLimits;
  /** UUID of this process, which its other sessions of the store are named after. */
  readonly process?: string | undefined;
  /** Names of the projections that are shared out among processes; undefined: one applies all of them. */
  readonly shared?: readonly string[] | undefined;
  readonly log: Log;
}

/**
 * Changes that a leader has written to a topic. A read model is applied by one process at a time. What was applied is fenced by the
 * projections themselves; where in the topic to read is kept with their positions and is no more than a hint, since a reader
 * notices that something is missing.
 */
export class TopicSource implements ChangeSource, TopicReading {
  readonly holdsSlot = false;
  readonly passedCode = 'FIG_TOPIC_GAP';
  readonly #options: TopicSourceOptions;
  readonly #store = new TransportStore();
  readonly #kafka: KafkaConnection;
  #share: SharedModels | undefined;
  #tenure: Tenure | undefined;
  /** Of the turn that the session which opens is for. */
  #lost: AbortSignal | undefined;
  #stream: TopicStream | undefined;
  /** Where what is made anew begins in the session that opens. */
  #start: StoredPlace | undefined;
  /** From here on the topic is known to hold everything; what stands before it has missed changes. */
  #floor: StoredPlace | undefined;
  /** What was kept of offsets led to a gap. */
  #isFromTheFirst = false;

  constructor(options: TopicSourceOptions) {
    this.#options = options;
    this.#kafka = new KafkaConnection(options.events, options.log);
    const { shared, storeUrl, migration, process = randomUUID(), log } = options;
    if (shared === undefined) return;
    const commonLock = officeLock('projector', migration);
    this.#share = new SharedModels({ storeUrl, migration, process, readModels: shared, commonLock, log });
  }

  get share(): SharedModels | undefined {
    return this.#share;
  }

  /** Whether this process is one that reads. */
  get isOn(): boolean {
    return this.#lost !== undefined && !this.#lost.aborted;
  }

  get soFar(): ReadSoFar | undefined {
    return this.#stream?.soFar;
  }

  get topics(): readonly string[] {
    return [this.#options.events.topic];
  }

  reads(): boolean {
    return this.isOn;
  }

  /** Where a projection that stands at the position reads on; empty while that is not known. */
  placesAt(position: Position): readonly PartitionPlace[] {
    const next = this.#stream?.nextAfter(position);
    return next === undefined ? [] : [{ topic: this.#options.events.topic, partition: PARTITION, next }];
  }

  async awaitTurn(signal: AbortSignal): Promise<void> {
    const { migration, target } = this.#options;
    this.#lost = await (this.#share ? this.#awaitShare(this.#share, signal) : this.#awaitTenure(signal));
    while (!signal.aborted && !this.#lost?.aborted) {
      if ((await this.#store.find(target, migration))?.place) return;
      await sleep(LOOK_EVERY_MS, signal);
    }
  }

  async find({ identity, log }: FindStart): Promise<StartPoint> {
    const { target, migration, events } = this.#options;
    const stored = await this.#store.find(target, migration);
    const logs = sourceLogs(migration, identity);
    const isUsable = stored?.topic === events.topic && isOfLogs(stored.place, logs);
    if (!stored?.place || !isUsable) {
      throw new FigError('FIG_TOPIC_WAITS', 'no leader has begun to write what the legacy server logs now', {
        remedy: 'It is tried again by itself as soon as one has.',
      });
    }
    if (this.#floor && !isOfLogs(this.#floor, logs)) this.#floor = undefined;
    const floor = this.#floor;
    this.#start = floor && floor.offset > stored.place.offset ? floor : stored.place;
    log.debug({ topic: events.topic, offset: String(this.#start.offset) }, 'new read models begin here in the topic');
    return { confirmed: this.#start.position, oldest: floor?.position ?? 0n };
  }

  async open({ identity, from, goingOn, all, tables }: OpenStream): Promise<ChangeStream> {
    const { events, target, spool, batch, migration } = this.#options;
    const lost = this.#lost;
    const start = this.#start;
    // Whoever got here too late must not take the read models from the one that applies now.
    if (!lost || lost.aborted || !start)
      throw new FigError('FIG_TOPIC_WAITS', 'it is not this process that reads the topic');
    const { topic } = events;
    const hints = await this.#store.offsets(target, { topic, partition: PARTITION }, goingOn);
    const range = await this.#range();
    const chosen = chooseStart({
      from,
      start,
      hints: goingOn.map((name) => hints.get(name)),
      begins: goingOn.length < all,
      range,
      isFromTheFirst: this.#isFromTheFirst,
    });
    this.#isFromTheFirst = false;
    const logs = sourceLogs(migration, identity);
    const reader = await this.#kafka.reader(topic, PARTITION);
    this.#stream = new TopicStream({
      reader,
      place: { at: from, epoch: chosen.epoch, logs, logsSince: start.epoch },
      offset: chosen.offset,
      spool,
      batch,
      isNeeded: (table) => tables.has(table),
      lost,
      onGap: (gap) => this.#fellInto(gap, currentLog(logs), chosen.offset === range.low),
      onForeign: (offset) => this.#tellForeign(offset),
    });
    return this.#stream;
  }

  async moved(tx: Knex.Transaction, projection: string, position: Position): Promise<void> {
    const start = this.#start?.position === position ? this.#start : undefined;
    const place = start ?? this.#stream?.placeOf(position);
    if (!place) return;
    const { offset, epoch } = place;
    const { topic } = this.#options.events;
    await this.#store.saveOffset(tx, projection, { topic, partition: PARTITION, offset, epoch });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#share?.stop();
    await this.#resign();
  }

  async #awaitTenure(signal: AbortSignal): Promise<AbortSignal | undefined> {
    if (this.#tenure?.lost.aborted) await this.#resign();
    const { storeUrl, migration, process, log } = this.#options;
    this.#tenure ??= await Tenure.take(storeUrl, { migration, office: 'projector', process, log }, signal);
    return this.#tenure?.lost;
  }

  async #awaitShare(share: SharedModels, signal: AbortSignal): Promise<AbortSignal | undefined> {
    share.begin();
    while (share.held.size === 0 && !signal.aborted) await share.changed(signal);
    return share.lost;
  }

  async #resign(): Promise<void> {
    await this.#tenure?.[Symbol.asyncDispose]();
    this.#tenure = undefined;
  }

  async #range(): Promise<{ readonly low: bigint; readonly high: bigint }> {
    await using admin = await this.#kafka.admin();
    const ranges = await admin.offsets(this.#options.events.topic);
    return ranges.get(PARTITION) ?? { low: 0n, high: 0n };
  }

  #tellForeign(offset: bigint): void {
    const { log, events } = this.#options;
    const fields = { code: 'FIG_TOPIC_FOREIGN', topic: events.topic, offset: String(offset) };
    log.warn(fields, 'somebody else writes to the topic of fig; what is not of fig is passed over');
  }

  /** A gap is first taken for one in what we know of offsets, and then for one in the topic. */
  #fellInto({ next }: TopicGap, log: string, isFromTheFirst: boolean): void {
    this.#isFromTheFirst = !isFromTheFirst;
    if (isFromTheFirst) this.#floor = { ...next, log };
  }
}
