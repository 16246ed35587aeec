import { randomUUID } from 'node:crypto';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { durationMs } from '../../config/duration.ts';
import { readModelFingerprint } from '../../config/fingerprint.ts';
import { type AnyReadModelDefinition, isBatch, isFromTopics, isShared } from '../../config/read-model-kinds.ts';
import type { Log } from '../../kernel/log.ts';
import type { RoutingSnapshot } from '../../kernel/phase.ts';
import type { AppliedPosition, Position } from '../../kernel/position.ts';
import { sleep } from '../../kernel/service.ts';
import { clockOf } from '../../sync/batch/batch-clock.ts';
import { BatchReadModel, type BatchReport } from '../../sync/batch/batch-read-model.ts';
import { StoreClock } from '../../sync/batch/store-clock.ts';
import type { ReadModelLetters } from '../../sync/capture/read-model-letters.ts';
import type { TopicReport } from '../../sync/kafka/domain-events/topic-read-model.ts';
import { openTarget, targetNameOf } from '../../sync/open-target.ts';
import type { ReadModelProgress } from '../../sync/read-model-progress.ts';
import { SharedFollower } from '../../sync/shared/shared-follower.ts';
import type { FollowedSource } from '../serving/open-source.ts';
import { orderOf, storeLog } from '../serving/open-source.ts';
import { startTopicReadModel } from './start-topic-read-model.ts';
import type { ProgressEvent } from '../starting/running-fig.ts';

/** A feature that enters is first read from rows that were loaded after every proxy has noticed. */
const LOAD_AFTER_ENTRY_MS = 5_000;

/** A read model that is not captured, as the rest of the app sees it. */
export interface SimpleReadModel {
  readonly applied: AppliedPosition;
  progress(): ReadModelProgress;
  /** Seconds that it is further behind than its kind is by nature; undefined while that is not known. */
  lagSeconds(): number | undefined;
  /** How its loads went; undefined for one that is not loaded. */
  report(): BatchReport | undefined;
  /** Undefined for one of a kind that parks nothing. */
  letters?(): ReadModelLetters;
  /** Of one that is made of topics. */
  topics?(): TopicReport;
}

export interface SimpleReadModelOptions {
  readonly config: NormalizedConfig;
  readonly storeUrl: string;
  /** Present when some read model is captured. */
  readonly capture: FollowedSource | undefined;
  readonly onProgress: (event: ProgressEvent) => void;
  /** Told the position of a feature's read model whenever it moves; undefined while it cannot be read. */
  readonly onPosition: (feature: string, position: Position | undefined) => void;
  /** Told before the position when keys of a feature were parked, `parkings` in all. */
  readonly onParked?: ((feature: string, parkings: number) => void) | undefined;
  readonly log: Log;
}

/** All read models that are not captured: shared with the legacy database, loaded in batches, or made of topics of events. */
export class SimpleReadModels {
  readonly #features: NormalizedConfig['features'];
  readonly #readModels = new Map<string, SimpleReadModel>();
  readonly #batches = new Map<string, BatchReadModel>();
  readonly #serving = new Set<string>();
  readonly #closers: (() => Promise<unknown>)[] = [];
  /** What orders writes for all features of the migration; undefined when nothing does. */
  readonly followed: FollowedSource | undefined;

  constructor(options: SimpleReadModelOptions) {
    this.#features = options.config.features;
    const definitions = new Map(
      this.#features.flatMap(({ readModel }) => (readModel ? [[readModel.name, readModel] as const] : [])),
    );
    this.followed = this.#follow(options, [...definitions.values()]);
    this.#load(options, [...definitions.values()]);
    this.#readTopics(options, [...definitions.values()]);
  }

  of(readModel: string): SimpleReadModel | undefined {
    return this.#readModels.get(readModel);
  }

  /** Must be told of every change of phases. */
  learn(routing: RoutingSnapshot): void {
    for (const { name, readModel } of this.#features) {
      const batch = readModel && this.#batches.get(readModel.name);
      if (!batch) continue;
      const phase = routing.features.get(name)?.reads.phase;
      const isServed = phase === 'canary' || phase === 'live';
      if (isServed && !this.#serving.has(name)) batch.wantLoad(LOAD_AFTER_ENTRY_MS);
      if (isServed) this.#serving.add(name);
      else this.#serving.delete(name);
    }
  }

  /** Resolves when each can be read or has failed for the first time, or when the signal aborts. */
  async untilSettled(signal: AbortSignal): Promise<void> {
    const readModels = [...this.#readModels.values()];
    while (!signal.aborted && !readModels.every(isSettled)) await sleep(50, signal);
  }

  async stop(): Promise<void> {
    for (const close of this.#closers.toReversed()) await close();
  }

  #follow(options: SimpleReadModelOptions, definitions: readonly AnyReadModelDefinition[]): FollowedSource | undefined {
    const { config, capture, storeUrl, log } = options;
    const shared = definitions.filter(isShared);
    if (config.legacy.database !== undefined && shared.length > 0) {
      const follower = new SharedFollower({
        legacyDatabase: config.legacy.database,
        readModels: shared,
        log,
        onPosition: (name, position) => this.#tell(options, name, position),
      });
      this.#closers.push(() => follower.stop());
      for (const each of follower.readModels) {
        const { applied, name } = each;
        const lagSeconds = (): number | undefined => each.lagSeconds();
        this.#readModels.set(name, { applied, progress: () => each.progress(), lagSeconds, report: () => undefined });
      }
      return capture ? agreeing(capture, follower) : follower;
    }
    if (orderOf(config) !== 'store') return capture;
    const clock = new StoreClock(storeUrl, log);
    this.#closers.push(() => clock[Symbol.asyncDispose]());
    return { source: clock, sourceLog: () => storeLog };
  }

  #load(options: SimpleReadModelOptions, definitions: readonly AnyReadModelDefinition[]): void {
    const { config, storeUrl, log } = options;
    const { followed } = this;
    const batches = definitions.filter(isBatch);
    if (batches.length === 0 || followed === undefined) return;
    // Each load holds a connection for its lock, in a transaction that is idle until the end, and another for its rows.
    const target = openTarget(storeUrl, 2 * batches.length + 1, { idleMs: 0 });
    this.#closers.push(() => target.destroy());
    for (const definition of batches) {
      const { name } = definition;
      const batch = new BatchReadModel({
        definition,
        fingerprint: readModelFingerprint(definition),
        everyMs: durationMs(definition.batch.every),
        target,
        legacyDatabase: config.legacy.database,
        clock: clockOf(followed.source, () => followed.sourceLog()),
        log,
        onProgress: showLoad(options.onProgress, name),
        onPosition: (position) => this.#tell(options, name, position),
      });
      this.#closers.push(() => batch.stop());
      this.#batches.set(name, batch);
      this.#readModels.set(name, {
        applied: batch.applied,
        progress: () => batch.progress(),
        lagSeconds: () => batch.overdueSeconds(),
        report: () => batch.report(),
      });
    }
  }

  #readTopics(options: SimpleReadModelOptions, definitions: readonly AnyReadModelDefinition[]): void {
    const { config, storeUrl, onParked, log } = options;
    const { followed } = this;
    const made = definitions.filter(isFromTopics);
    if (made.length === 0 || followed === undefined) return;
    for (const definition of made) {
      const { name } = definition;
      // Each is taken over by itself, and its sessions are ended by this name then.
      const process = randomUUID();
      const target = openTarget(storeUrl, 3, { name: targetNameOf(process) });
      this.#closers.push(() => target.destroy());
      const features = this.#features.filter(({ readModel }) => readModel?.name === name);
      const readModel = startTopicReadModel(config, definition, {
        target,
        storeUrl,
        process,
        clock: clockOf(followed.source, () => followed.sourceLog()),
        maxLetters: Math.min(...features.map(({ maxDeadLetters }) => maxDeadLetters)),
        log,
        onPosition: (position) => this.#tell(options, name, position),
        onParked: (parkings) => features.forEach((feature) => onParked?.(feature.name, parkings)),
      });
      this.#closers.push(() => readModel.stop());
      this.#readModels.set(name, {
        applied: readModel.applied,
        progress: () => readModel.progress(),
        lagSeconds: () => readModel.lagSeconds(),
        report: () => undefined,
        letters: () => readModel.letters(),
        topics: () => readModel.report(),
      });
    }
  }

  #tell({ config, onPosition }: SimpleReadModelOptions, readModel: string, position: Position | undefined): void {
    for (const feature of config.features) {
      if (feature.readModel?.name === readModel) onPosition(feature.name, position);
    }
  }
}

function isSettled(readModel: SimpleReadModel): boolean {
  const { state } = readModel.progress();
  return state === 'ready' || state === 'failed';
}

/** Two that read the same log; while they do not agree on which one that is, nobody knows. */
function agreeing(capture: FollowedSource, follower: FollowedSource): FollowedSource {
  return {
    source: follower.source,
    sourceLog: () => {
      const log = follower.sourceLog();
      return log === capture.sourceLog() ? log : undefined;
    },
  };
}

/** The first load is a step of the start-up; later ones are nobody's to wait for. */
function showLoad(onProgress: (event: ProgressEvent) => void, name: string) {
  const step = `load ${name}`;
  let state: 'new' | 'started' | 'done' = 'new';
  return (rows: number, total: number | undefined, isDone: boolean): void => {
    if (state === 'done') return;
    if (state === 'new') onProgress({ step, state: 'started', done: 0, total });
    state = isDone ? 'done' : 'started';
    const detail = `${rows.toLocaleString('en-US')} rows`;
    onProgress({ step, state: isDone ? 'done' : 'progress', done: rows, total, detail });
  };
}
