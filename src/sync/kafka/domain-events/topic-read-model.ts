import type { Knex } from 'knex';
import type { NormalizedEventTopic } from '../../../config/domain-topics-definition.ts';
import type { EventTypes } from '../../../config/event-types.ts';
import { settleMsOf, type TopicReadModelDefinition } from '../../../config/topic-read-model.ts';
import { describeError, FigError } from '../../../kernel/fig-error.ts';
import type { Log } from '../../../kernel/log.ts';
import { machineNow } from '../../../kernel/machine-time.ts';
import type { AppliedPosition, Position } from '../../../kernel/position.ts';
import { type Service, startLoop } from '../../../kernel/service.ts';
import { DeadLetterStore } from '../../../store/dead-letter-store.ts';
import { type ProjectionRow, ProjectionStore } from '../../../store/projection-store.ts';
import { type ReadModelNames, readModelNames } from '../../../store/read-model-names.ts';
import { type TopicStanding, TopicStore } from '../../../store/topic-store.ts';
import { AppliedTracker } from '../../applied-tracker.ts';
import type { BatchClock } from '../../batch/batch-clock.ts';
import { MOST_WAITING } from '../../dead-letters/letter-book.ts';
import { OwnTables } from '../../handlers/own-tables.ts';
import type { ReadModelProgress } from '../../read-model-progress.ts';
import { Tenure } from '../transport/tenure.ts';
import { MessageApplier, TakenOver } from './apply-messages.ts';
import { EventGiver } from './event-giver.ts';
import { TopicLetters } from './topic-letters.ts';
import type { PartitionReport } from './partition-pump.ts';
import { TopicSession } from './topic-session.ts';

/** How often it is looked for what the process that reads has done; it may be this one. */
const LOOK_EVERY_MS = 500;
const MAX_REST_MS = 2_000;
/** For so long an event that comes again is known by its id. */
const REMEMBER_MS = 24 * 3_600_000;

export interface TopicReadModelOptions {
  readonly definition: TopicReadModelDefinition;
  readonly fingerprint: string;
  readonly migration: string;
  /** Those that the definition names. */
  readonly topics: readonly NormalizedEventTopic[];
  readonly types: EventTypes;
  readonly target: Knex;
  readonly storeUrl: string;
  /** UUID that the sessions of `target` are named after, and that nobody else has a seat by. Default: one of its own. */
  readonly process?: string | undefined;
  readonly clock: BatchClock;
  readonly maxLetters: number;
  readonly log: Log;
  /** Told what writes the rows hold, whenever that changes; undefined while they cannot be read. */
  readonly onPosition: (position: Position | undefined) => void;
  /** Told before the position when keys were parked. */
  readonly onParked: (parkings: number) => void;
}

/** How far a read model made of topics is. */
export interface TopicReport {
  /** Messages that are not read yet. */
  readonly behind: number;
  /** Events that came again and were left out. */
  readonly repeats: number;
  /** Whether this process is the one that reads. */
  readonly isOwner: boolean;
  /** As the process that reads knows them; of others none. */
  readonly partitions: readonly PartitionReport[];
}

/** Keeps one read model in step with topics of events, for as long as it runs: one of all processes reads, all serve. */
export class TopicReadModel {
  readonly name: string;
  readonly #options: TopicReadModelOptions;
  readonly #names: ReadModelNames;
  readonly #projections = new ProjectionStore();
  readonly #store = new TopicStore();
  readonly #tracker = new AppliedTracker();
  readonly #letters: TopicLetters;
  readonly #giver: EventGiver;
  readonly #looking: Service;
  readonly #working: Service;
  #tenure: Tenure | undefined;
  #session: TopicSession | undefined;
  #row: ProjectionRow | undefined;
  #standing: TopicStanding | undefined;
  #lookedAt = 0;
  #trouble: string | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: TopicReadModelOptions) {
    const { definition, target, topics, types, maxLetters } = options;
    this.#options = options;
    this.name = definition.name;
    this.#names = readModelNames(definition);
    const limits = { letters: maxLetters, waiting: MOST_WAITING };
    this.#letters = new TopicLetters(target, this.#names.projection, limits, () =>
      options.onParked(this.#letters.parkings),
    );
    const byName = new Map(topics.map((topic) => [topic.topic, topic]));
    this.#giver = new EventGiver({ definition, schema: this.#names.schema, types, topics: byName });
    this.#looking = startLoop({
      name: `topics ${this.name}`,
      turn: () => this.#look(),
      onError: (error) => {
        this.#trouble = describeError(error);
      },
      maxRestMs: MAX_REST_MS,
    });
    this.#working = startLoop({
      name: `events ${this.name}`,
      turn: (signal) => this.#work(signal),
      onError: (error, attempt) => void this.#failed(error, attempt),
      maxRestMs: MAX_REST_MS,
    });
  }

  get applied(): AppliedPosition {
    return this.#tracker;
  }

  letters(): { readonly parked: readonly string[]; readonly count: number; readonly parkings: number } {
    const { parked, count, parkings } = this.#letters;
    return { parked, count, parkings };
  }

  progress(): ReadModelProgress {
    const error = this.#standing?.problem ?? this.#trouble;
    const paused = this.#letters.pausedBecause;
    if (!this.#isOurs()) return { state: error === undefined ? 'waiting' : 'failed', progress: 0, error };
    if (paused !== undefined) return { state: 'paused', progress: 1, error: paused };
    if (this.#standing?.problem?.startsWith('FIG_EVENT')) return { state: 'failed', progress: 1, error };
    return this.#row?.state === 'ready'
      ? { state: 'ready', progress: 1, error }
      : { state: 'building', progress: 0, error };
  }

  /** Seconds since everything that the topics had was read; undefined: it never was. */
  lagSeconds(): number | undefined {
    const behindMs = this.#isOurs() ? this.#standing?.behindMs : undefined;
    return behindMs === undefined ? undefined : (behindMs + machineNow() - this.#lookedAt) / 1_000;
  }

  report(): TopicReport {
    const { behind = 0, repeats = 0 } = this.#standing ?? {};
    const isOwner = this.#tenure?.lost.aborted === false;
    return { behind, repeats, isOwner, partitions: isOwner ? (this.#session?.partitions() ?? []) : [] };
  }

  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      await Promise.all([this.#working.stop(), this.#looking.stop()]);
      await this.#tenure?.[Symbol.asyncDispose]();
    })();
    return this.#stopping;
  }

  #isOurs(): boolean {
    return this.#row?.fingerprint === this.#options.fingerprint;
  }

  /** Takes up what is stored. What is parked is told before the position that goes with it. */
  async #look(): Promise<number> {
    const { target, clock, onPosition } = this.#options;
    const { projection } = this.#names;
    this.#row = await this.#projections.find(target, projection);
    this.#standing = await this.#store.standing(target, projection);
    this.#lookedAt = machineNow();
    await this.#letters.load();
    this.#trouble = undefined;
    const { state } = this.progress();
    const isKnown = state === 'ready' && this.#standing?.clock !== '' && this.#standing?.clock === clock.name();
    const position = isKnown ? this.#standing?.position : undefined;
    if (position !== this.#tracker.current()) {
      this.#tracker.set(position);
      onPosition(position);
    }
    return LOOK_EVERY_MS;
  }

  async #work(signal: AbortSignal): Promise<number | undefined> {
    const { storeUrl, migration, process, log } = this.#options;
    const { projection } = this.#names;
    if (this.#tenure?.lost.aborted) {
      await this.#tenure[Symbol.asyncDispose]();
      this.#tenure = undefined;
    }
    const office = { migration: `${migration} ${projection}`, office: 'events', process, log } as const;
    this.#tenure ??= await Tenure.take(storeUrl, office, signal);
    if (!this.#tenure) return undefined;
    const ending = AbortSignal.any([signal, this.#tenure.lost]);
    const epoch = await this.#claim();
    if (epoch === undefined) return 100;
    const { target, topics, definition, clock } = this.#options;
    const applier = new MessageApplier({ target, projection, epoch, giver: this.#giver });
    await applier.own((tx) => this.#prepare(tx, epoch));
    await this.#letters.load();
    log.info({ readModel: this.name, topics: [...definition.topics] }, 'this process reads the events of the topics');
    const settleMs = settleMsOf(definition);
    await using session = new TopicSession({
      target,
      projection,
      topics,
      applier,
      letters: this.#letters,
      clock,
      settleMs,
      rememberMs: REMEMBER_MS,
      log,
    });
    this.#session = session;
    try {
      await session.run(ending);
    } catch (error) {
      if (!(error instanceof TakenOver)) throw error;
      log.info({ readModel: this.name }, 'another process reads the events of the topics');
    } finally {
      this.#session = undefined;
    }
    return signal.aborted ? undefined : 100;
  }

  async #claim(): Promise<string | undefined> {
    const { target } = this.#options;
    const found = await this.#projections.find(target, this.#names.projection);
    return this.#projections.claim(target, this.#names.projection, found?.epoch);
  }

  /** Begins from nothing where there is nothing, or something of another definition. */
  async #prepare(tx: Knex.Transaction, epoch: string): Promise<void> {
    const { definition, fingerprint } = this.#options;
    const { projection, schema } = this.#names;
    if ((await this.#projections.find(tx, projection))?.fingerprint === fingerprint) {
      // Whoever starts fig has perhaps corrected what they failed at.
      await new DeadLetterStore().hasten(tx, { projections: [projection], automatic: true });
      return;
    }
    // What is known of topics and letters goes with it.
    const start = { name: projection, fingerprint, position: 0n, timeline: 0, sources: new Map(), epoch };
    await this.#projections.restart(tx, start);
    await tx.raw('DROP SCHEMA IF EXISTS ?? CASCADE', [schema]);
    await tx.raw('CREATE SCHEMA ??', [schema]);
    await new OwnTables(schema, definition).create(tx);
    const nothing = { clock: '', position: undefined, levelMs: undefined, behind: 0, problem: undefined };
    await this.#store.stand(tx, projection, nothing);
  }

  async #failed(thrown: unknown, attempt: number): Promise<void> {
    const text = describeError(thrown);
    this.#trouble = text;
    const fields = { readModel: this.name, error: text, attempt };
    if ((attempt & (attempt - 1)) === 0)
      this.#options.log.warn(fields, 'events of topics cannot be read; trying again');
    // The code comes first, as others only have the text.
    const problem = thrown instanceof FigError && !text.startsWith(thrown.code) ? `${thrown.code}: ${text}` : text;
    await this.#store.trouble(this.#options.target, this.#names.projection, problem).catch(() => undefined);
  }
}
