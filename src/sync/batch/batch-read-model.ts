import type { Knex } from 'knex';
import type { BatchReadModelDefinition } from '../../config/batch-read-model.ts';
import { describeError } from '../../kernel/fig-error.ts';
import type { Log } from '../../kernel/log.ts';
import type { AppliedPosition, Position } from '../../kernel/position.ts';
import { startLoop, type Service } from '../../kernel/service.ts';
import { BatchStore, type BatchLoad } from '../../store/batch-store.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import { AppliedTracker } from '../applied-tracker.ts';
import type { ReadModelProgress } from '../read-model-progress.ts';
import type { BatchClock } from './batch-clock.ts';
import { loadOnce } from './load-once.ts';
import { nextLoad, overdueSeconds } from './next-load.ts';
import { openBatchInput } from './open-batch-database.ts';

/** How often it is looked for what another process has loaded. */
const LOOK_EVERY_MS = 1_000;

export interface BatchOptions {
  readonly definition: BatchReadModelDefinition;
  readonly fingerprint: string;
  readonly everyMs: number;
  readonly target: Knex;
  readonly legacyDatabase: string | undefined;
  readonly clock: BatchClock;
  readonly log: Log;
  /** Told how many rows of how many are loaded; of none while nobody knows how many there are. */
  readonly onProgress: (rows: number, total: number | undefined, isDone: boolean) => void;
  /** Told what writes the rows hold, whenever that changes; undefined while they cannot be read. */
  readonly onPosition: (position: Position | undefined) => void;
}

/** How a batch read model's loads went, in milliseconds since the epoch by the database's clock. */
export interface BatchReport {
  readonly loadedFrom: number | undefined;
  readonly nextAt: number | undefined;
  /** Present while this process loads. */
  readonly loadingSince: number | undefined;
  readonly failures: number;
  readonly rows: number | undefined;
}

/** Loads one batch read model again and again, for as long as it runs. */
export class BatchReadModel implements Service {
  readonly name: string;
  readonly #options: BatchOptions;
  readonly #store = new BatchStore();
  readonly #tracker = new AppliedTracker();
  readonly #loop: Service;
  #load: BatchLoad = { loaded: undefined, triedAt: undefined, failures: 0, error: undefined };
  #running: { readonly since: number; rows: number } | undefined;
  #wantedAt: number | undefined;
  /** Milliseconds that this process's clock is behind the database's, as of the last look. */
  #behindMs = 0;
  #trouble: string | undefined;

  constructor(options: BatchOptions) {
    this.#options = options;
    this.name = options.definition.name;
    this.#loop = startLoop({
      name: `batch ${this.name}`,
      turn: (signal) => this.#turn(signal),
      onError: (error) => {
        this.#trouble = describeError(error);
        options.log.warn(
          { readModel: this.name, error: this.#trouble },
          'a batch read model could not be looked after',
        );
      },
    });
  }

  get applied(): AppliedPosition {
    return this.#tracker;
  }

  progress(): ReadModelProgress {
    const { loaded, error } = this.#load;
    const problem = this.#trouble ?? error;
    if (this.#hasRows()) return { state: 'ready', progress: 1, error: problem };
    if (this.#running) {
      const total = loaded?.rows ?? 0;
      return { state: 'copying', progress: total === 0 ? 0 : Math.min(1, this.#running.rows / total), error: problem };
    }
    return { state: problem === undefined ? 'waiting' : 'failed', progress: 0, error: problem };
  }

  /** How much older the rows are than they may be; undefined while there are none. */
  overdueSeconds(): number | undefined {
    return this.#hasRows() ? overdueSeconds(this.#load, this.#options.everyMs, this.#now()) : undefined;
  }

  report(): BatchReport {
    const { loaded, failures } = this.#load;
    return {
      loadedFrom: loaded?.loadedFrom,
      nextAt: this.#running ? undefined : this.#plan().at || undefined,
      loadingSince: this.#running?.since,
      failures,
      rows: loaded?.rows,
    };
  }

  /** Whoever begins to read needs rows that hold every write from before; so a load begins this much later, once. */
  wantLoad(inMs: number): void {
    this.#wantedAt = this.#now() + inMs;
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  #hasRows(): boolean {
    return this.#load.loaded?.fingerprint === this.#options.fingerprint;
  }

  /** By the database's clock, by which other processes say when they loaded. */
  #now(): number {
    return Date.now() + this.#behindMs;
  }

  #plan(): ReturnType<typeof nextLoad> {
    const { everyMs, fingerprint, clock } = this.#options;
    return nextLoad(this.#load, { everyMs, fingerprint, clock: clock.name(), wantedAt: this.#wantedAt });
  }

  async #turn(signal: AbortSignal): Promise<number | undefined> {
    await this.#look();
    // Rows that stand at a position of nobody knows what would have to be loaded again.
    if (this.#options.clock.name() === undefined) return 200;
    const rest = this.#plan().at - this.#now();
    if (rest > 0) return Math.min(rest, LOOK_EVERY_MS);
    const isMine = await this.#loadNow(signal);
    if (signal.aborted) return undefined;
    await this.#look();
    return isMine ? 0 : LOOK_EVERY_MS;
  }

  /** Takes up what is stored: other processes load the same rows. */
  async #look(): Promise<void> {
    const { target, definition, clock, onPosition } = this.#options;
    this.#behindMs = (await this.#store.now(target)) - Date.now();
    this.#load = await this.#store.find(target, readModelNames(definition).projection);
    this.#trouble = undefined;
    const { loaded } = this.#load;
    const isKnown = this.#hasRows() && loaded !== undefined && loaded.clock !== '' && loaded.clock === clock.name();
    const position = isKnown ? loaded.position : undefined;
    if (position === this.#tracker.current()) return;
    this.#tracker.set(position);
    onPosition(position);
  }

  /** False: another process is at it. A failure is stored and told, not thrown. */
  async #loadNow(signal: AbortSignal): Promise<boolean> {
    const { definition, fingerprint, target, legacyDatabase, clock, log, onProgress } = this.#options;
    const expected = this.#load.loaded?.rows;
    this.#running = { since: this.#now(), rows: 0 };
    await using input = openBatchInput(definition, legacyDatabase, signal);
    try {
      const onRows = (rows: number): void => {
        if (this.#running) this.#running.rows = rows;
        onProgress(rows, expected === undefined ? undefined : Math.max(rows, expected), false);
      };
      const onKept = (readers: string): void =>
        log.warn(
          { readModel: this.name, readers },
          'rows from before the load are still read; they are dropped by the next',
        );
      const loaded = await loadOnce({ definition, fingerprint, target, clock, input, onRows, onKept });
      if (loaded) onProgress(loaded.rows, loaded.rows, true);
      return loaded !== undefined;
    } catch (error) {
      if (signal.aborted) return true;
      const text = describeError(error);
      log.warn({ readModel: this.name, error: text }, 'a load failed; the rows stay as they were');
      await this.#store.failed(target, readModelNames(definition).projection, text);
      return true;
    } finally {
      this.#running = undefined;
    }
  }
}
