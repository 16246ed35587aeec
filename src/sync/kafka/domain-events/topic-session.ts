import type { Knex } from 'knex';
import type { NormalizedEventTopic } from '../../../config/domain-topics-definition.ts';
import { machineNow } from '../../../kernel/machine-time.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Position } from '../../../kernel/position.ts';
import { sleep } from '../../../kernel/service.ts';
import { ProjectionStore } from '../../../store/projection-store.ts';
import { type TopicOffset, TopicStore } from '../../../store/topic-store.ts';
import type { BatchClock } from '../../batch/batch-clock.ts';
import { SerialQueue } from '../../capture/serial-queue.ts';
import { type KafkaAdmin } from '../client/kafka-admin.ts';
import { KafkaConnection } from '../client/kafka-connection.ts';
import type { MessageApplier } from './apply-messages.ts';
import { checkLast, findPartitions } from './find-partitions.ts';
import { PartitionPump, type PartitionReport } from './partition-pump.ts';
import { SettledClock } from './settled-clock.ts';
import type { TopicLetters } from './topic-letters.ts';

const STAND_EVERY_MS = 500;
const LOOK_FOR_PARTITIONS_EVERY_MS = 500;
const FORGET_EVERY_MS = 60_000;

export interface SessionParts {
  readonly target: Knex;
  readonly projection: string;
  readonly topics: readonly NormalizedEventTopic[];
  readonly applier: MessageApplier;
  readonly letters: TopicLetters;
  readonly clock: BatchClock;
  readonly settleMs: number;
  /** For how long events are known by their ids. */
  readonly rememberMs: number;
  readonly log: Log;
}

/** Reads all partitions of all topics of one read model, while it is this process's to do so. */
export class TopicSession implements AsyncDisposable {
  readonly #parts: SessionParts;
  readonly #store = new TopicStore();
  readonly #projections = new ProjectionStore();
  readonly #settled: SettledClock;
  readonly #applying = new SerialQueue();
  readonly #pumps = new Map<string, PartitionPump>();
  readonly #opened: AsyncDisposable[] = [];
  readonly #ended = new AbortController();
  readonly #running: Promise<void>[] = [];
  #failure: unknown;
  #isReady = false;
  /** Before the last look at which partitions there are, by the machine's time. */
  #lookedAt: number | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#settled = new SettledClock(parts.settleMs);
  }

  partitions(): readonly PartitionReport[] {
    return [...this.#pumps.values()]
      .map((pump) => pump.report())
      .toSorted((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition);
  }

  /** Until the signal. Throws TakenOver, FIG_EVENT_TOPIC_CHANGED, FIG_EVENTS_LOST, FIG_KAFKA_*. */
  async run(signal: AbortSignal): Promise<void> {
    const { topics, projection, target, log } = this.#parts;
    const ending = AbortSignal.any([signal, this.#ended.signal]);
    this.#isReady = (await this.#projections.find(target, projection))?.state === 'ready';
    const watched: { topic: NormalizedEventTopic; admin: KafkaAdmin; kafka: KafkaConnection }[] = [];
    for (const topic of topics) {
      const kafka = new KafkaConnection(topic, log);
      const admin = await kafka.admin();
      this.#opened.push(admin);
      watched.push({ topic, kafka, admin });
    }
    const look = async (): Promise<void> => {
      const at = machineNow();
      for (const each of watched) await this.#openPartitions(each, ending);
      this.#lookedAt = at;
    };
    await look();
    const tending = [
      this.#keep(STAND_EVERY_MS, ending, () => this.#stand()),
      this.#keep(LOOK_FOR_PARTITIONS_EVERY_MS, ending, look),
      this.#keep(STAND_EVERY_MS, ending, () => this.#mend()),
      this.#keep(FORGET_EVERY_MS, ending, () => this.#store.forgetSeen(target, this.#parts.rememberMs)),
    ];
    await Promise.all(tending);
    await Promise.all(this.#running);
    if (this.#failure !== undefined) throw this.#failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await Promise.all(this.#running);
    await Promise.all(this.#opened.splice(0).map((each) => each[Symbol.asyncDispose]()));
  }

  async #openPartitions(
    { topic, admin, kafka }: { topic: NormalizedEventTopic; admin: KafkaAdmin; kafka: KafkaConnection },
    signal: AbortSignal,
  ): Promise<void> {
    const { target, projection, applier, log } = this.#parts;
    const stored = (await this.#store.offsets(target, projection)).filter((each) => each.topic === topic.topic);
    const isFirstLook = stored.every((each) => !this.#pumps.has(nameOf(each)));
    // While it is read, its reader notices what befalls it.
    const toJudge = isFirstLook ? stored : [];
    if (!isFirstLook && (await partitionsOf(admin, topic.topic)) === stored.length) return;
    const { fresh } = await findPartitions(admin, topic, isFirstLook ? toJudge : stored);
    await applier.own(async (tx) => {
      for (const each of fresh) await this.#store.begin(tx, projection, each);
    });
    const ranges = await admin.offsets(topic.topic);
    for (const start of [...stored, ...fresh.map((each) => ({ ...each, last: undefined }))]) {
      if (signal.aborted || this.#pumps.has(nameOf(start))) continue;
      const reader = await kafka.reader(topic.topic, start.partition);
      this.#opened.push(reader);
      await checkLast(reader, start, ranges.get(start.partition)?.low ?? 0n);
      if (!isFirstLook)
        log.info({ readModel: projection, ...plain(start) }, 'a topic of events has a further partition');
      this.#begin(start, reader, signal);
    }
  }

  #begin(start: TopicOffset, reader: Awaited<ReturnType<KafkaConnection['reader']>>, signal: AbortSignal): void {
    const { applier, letters } = this.#parts;
    const pump = new PartitionPump({
      reader,
      start,
      isPaused: () => letters.pausedBecause !== undefined,
      apply: (chunk) =>
        this.#applying.run(async () => {
          if (await applier.apply(chunk, letters.count > 0)) await letters.load();
        }),
    });
    this.#pumps.set(nameOf(start), pump);
    this.#running.push(pump.run(signal).catch((error: unknown) => this.#end(error)));
  }

  /** Work that is done again and again, until the session ends; its failure ends it. */
  async #keep(everyMs: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    try {
      while (!signal.aborted) {
        await work();
        await sleep(everyMs, signal);
      }
    } catch (error) {
      this.#end(error);
    }
  }

  async #mend(): Promise<void> {
    const { letters, applier } = this.#parts;
    // Others discard, and ask to try again.
    if (letters.count > 0) await letters.load();
    while (letters.count > 0 && (await this.#applying.run(() => applier.mend()))) await letters.load();
  }

  /** Tells everybody how far it is. */
  async #stand(): Promise<void> {
    const { applier, projection, clock } = this.#parts;
    const name = clock.name();
    // A clock that cannot be asked stops no reading; visitors who wrote stay with legacy.
    const position = name === undefined ? undefined : await clock.begin().catch(() => undefined);
    if (name !== undefined && position !== undefined && name === clock.name()) {
      // Afterwards: who has an earlier position had it by now, and may have written while the clock was asked.
      this.#settled.sample(machineNow(), position, name);
    }
    const levelAt = this.#levelAt();
    const settled: Position | undefined = levelAt === undefined ? undefined : this.#settled.settledAt(levelAt);
    const behind = [...this.#pumps.values()].reduce((sum, pump) => sum + pump.behind, 0n);
    await applier.own(async (tx) => {
      if (levelAt !== undefined && !this.#isReady) await this.#projections.setState(tx, projection, 'ready');
      await this.#store.stand(tx, projection, {
        clock: this.#settled.name ?? '',
        position: settled,
        levelMs: levelAt === undefined ? undefined : machineNow() - levelAt,
        behind: Number(behind),
        problem: undefined,
      });
    });
    if (levelAt !== undefined) this.#isReady = true;
  }

  /** Since when nothing is known to be missing, also in partitions that are new; undefined: something is. */
  #levelAt(): number | undefined {
    const times = [this.#lookedAt, ...[...this.#pumps.values()].map(({ levelAt }) => levelAt)];
    if (this.#pumps.size === 0 || times.includes(undefined)) return undefined;
    return Math.min(...(times as number[]));
  }

  #end(failure: unknown): void {
    if (this.#ended.signal.aborted) return;
    this.#failure = failure;
    this.#ended.abort();
  }
}

function nameOf({ topic, partition }: Pick<TopicOffset, 'topic' | 'partition'>): string {
  return `${topic} ${String(partition)}`;
}

function plain({ topic, partition }: TopicOffset): object {
  return { topic, partition };
}

async function partitionsOf(admin: KafkaAdmin, topic: string): Promise<number | undefined> {
  return (await admin.describeTopic(topic))?.partitions.length;
}
