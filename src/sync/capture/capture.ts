import type { CapturedReadModel } from '../../config/read-model-kinds.ts';
import { FailureLog } from '../../kernel/failure-log.ts';
import { FigError, describeError } from '../../kernel/fig-error.ts';
import { machineNow } from '../../kernel/machine-time.ts';
import type { AppliedPosition, Position, SourcePosition } from '../../kernel/position.ts';
import { type Service, sleep, startLoop } from '../../kernel/service.ts';
import { batchDefaults } from '../batch-limits.ts';
import { spoolDefaults } from '../postgres/spool-space.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import type { Reconciliation } from '../../store/reconciliation-store.ts';
import { ProjectionStore } from '../../store/projection-store.ts';
import { AppliedTracker } from '../applied-tracker.ts';
import { captureTimes } from './capture-times.ts';
import type { CaptureOptions } from './capture-options.ts';
import { CaptureSession } from './capture-session.ts';
import type { ChangeSource } from './change-source.ts';
import { DirectSource } from './direct-source.ts';
import { cutTarget } from '../open-target.ts';
import { Heartbeat } from './heartbeat.ts';
import { LagMeter } from './lag-meter.ts';
import { Setbacks } from './setbacks.ts';
import { Standstill } from './standstill.ts';
import { FindingLog } from '../postgres/preflight/finding-log.ts';
import { PostgresSourcePosition } from '../postgres/source-position.ts';
import type { ReadModelProgress } from '../read-model-progress.ts';
import { noLetters, type ReadModelLetters } from './read-model-letters.ts';
import type { ReconcileOrder } from '../reconcile/reconcile-read-model.ts';

const SAMPLE_EVERY_MS = 500;
/** For what is under way in the target. */
const STOP_BUDGET_MS = 5_000;
const DEFAULT_MAX_LOAD = 4;
const DEFAULT_MAX_BEHIND = 1024 ** 3;

const DEFAULT_MAX_LETTERS = 100;

/**
 * Keeps every read model in step with the legacy database, for as long as it runs. Several versions of one are told apart by
 * the names of their projections, `order_summary_v1`; one that has no other version may also be asked for by its own name.
 */
export class Capture implements Service {
  readonly name = 'capture';
  readonly source: SourcePosition & AsyncDisposable;
  readonly #options: CaptureOptions;
  readonly #trackers: ReadonlyMap<string, AppliedTracker>;
  /** By the name of the read model. */
  readonly #versions: ReadonlyMap<string, string>;
  readonly #progress = new Map<string, ReadModelProgress>();
  readonly #letters = new Map<string, ReadModelLetters>();
  readonly #lag = new LagMeter();
  readonly #heartbeat = new Heartbeat();
  readonly #setbacks: Setbacks;
  readonly #standstill = new Standstill();
  readonly #told: FindingLog;
  readonly #failures: FailureLog;
  readonly #loops: readonly Service[];
  readonly #changes: ChangeSource;
  #session: CaptureSession | undefined;
  #error: string | undefined;
  #log: string | undefined;
  #refusal: FigError | undefined;
  #hasMade = false;
  /** The same refusal, found again every ten seconds, is logged as an error once. */
  #toldRefusal: string | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: CaptureOptions) {
    this.#options = options;
    this.#told = new FindingLog(options.log);
    // The slot of a process that was killed stays taken for a moment, so the first failures are no news.
    this.#failures = new FailureLog(options.log, {
      first: 'capture is not running yet; trying again',
      again: 'capture is not running; trying again',
    });
    const { batch = batchDefaults, spool = spoolDefaults } = options;
    this.#changes = options.changes ?? new DirectSource({ url: options.url, batch, spool });
    this.#setbacks = new Setbacks(options.setbackRests);
    this.source = this.#changes.positions?.source ?? new PostgresSourcePosition(options.url, options.log);
    this.#trackers = new Map(
      options.readModels.map((model) => [readModelNames(model).projection, new AppliedTracker()]),
    );
    this.#versions = new Map(options.readModels.map((model) => [model.name, readModelNames(model).projection]));
    this.#loops = [
      startLoop({
        name: 'capture',
        turn: (signal) => this.#runSession(signal),
        onError: (error, attempt) => this.#failed(error, attempt),
      }),
      startLoop({
        name: 'lag',
        turn: () => this.#sampleLag(),
        onError: (error) => options.log.debug({ error: describeError(error) }, 'the source position is not known'),
        maxRestMs: 1_000,
      }),
    ];
  }

  /** Names the log of the legacy database, another after a failover or restore; undefined until it was first heard. */
  sourceLog(): string | undefined {
    return this.#log;
  }

  applied(readModel: string): AppliedPosition | undefined {
    return this.#trackers.get(this.#versionOf(readModel));
  }

  progressOf(readModel: string): ReadModelProgress {
    return this.#progress.get(this.#versionOf(readModel)) ?? { state: 'waiting', progress: 0, error: this.#error };
  }

  lettersOf(readModel: string): ReadModelLetters {
    return this.#letters.get(this.#versionOf(readModel)) ?? noLetters;
  }

  /** Names of those that are kept in step. */
  get readModels(): readonly string[] {
    return [...this.#trackers.keys()];
  }

  /** Whether this process, and no other that it knows of, keeps the read model in step. */
  holds(readModel: string): boolean {
    // What is not captured follows the session.
    if (!this.isShared) return this.#session !== undefined;
    return this.#session?.has(readModel) === true && !this.isElsewhere(readModel);
  }

  /** Whether processes divide the read models among themselves. */
  get isShared(): boolean {
    return this.#changes.share !== undefined;
  }

  /** Whether it is another process's to keep the read model in step. */
  isElsewhere(readModel: string): boolean {
    const held = this.#changes.share?.held;
    return held !== undefined && this.#trackers.has(readModel) && !held.has(readModel);
  }

  /** Log that legacy's server keeps for a read model because it has failed, in bytes. */
  heldFor(readModel: string): number {
    const session = this.#session;
    const held = session?.heldFor(this.#versionOf(readModel)) ?? 0;
    return Math.max(held, this.#standstill.heldBytes(session?.acknowledged));
  }

  /** Positions and lag of the slowest read model that can be read. */
  status(): {
    state: 'starting' | 'streaming' | 'reconnecting';
    received: Position | undefined;
    applied: Position | undefined;
    acknowledged: Position | undefined;
    lag: { bytes: number; seconds: number } | undefined;
    /** Disk that transactions too large for memory take now. */
    spooledBytes: number;
    error: string | undefined;
  } {
    const applied = this.#slowest();
    const state = this.#session ? 'streaming' : this.#error === undefined ? 'starting' : 'reconnecting';
    return {
      state,
      received: this.#asTold(this.#session?.received),
      applied,
      acknowledged: this.#asTold(this.#session?.acknowledged),
      lag: applied === undefined ? undefined : this.#lagAt(applied),
      spooledBytes: this.#session?.spooledBytes ?? 0,
      error: this.failure ?? this.#session?.refusal,
    };
  }

  /** Why no changes are captured; what is wrong with one read model is its own progress. */
  get failure(): string | undefined {
    return this.#error ?? this.#changes.failure;
  }

  /** Seconds that a read model is behind; undefined while that is not known. */
  lagSecondsOf(readModel: string): number | undefined {
    return this.lagOf(readModel)?.seconds;
  }

  /** The same, and in bytes of legacy's log. */
  lagOf(readModel: string): { readonly bytes: number; readonly seconds: number } | undefined {
    const applied = this.#trackers.get(this.#versionOf(readModel))?.current();
    return applied === undefined ? undefined : this.#lagAt(applied);
  }

  #lagAt(applied: Position): { readonly bytes: number; readonly seconds: number } | undefined {
    return this.#lag.lagOf(applied, machineNow() - (this.#changes.positions?.heldBackMs ?? 0));
  }

  /**
   * Compares a read model with legacy while both go on, and puts right what differs if told to. Throws
   * FIG_RECONCILE_REFUSED when it cannot be compared now, FIG_RECONCILE_FAILED when it could not be to the end.
   */
  async reconcile(readModel: string, order: ReconcileOrder): Promise<Reconciliation> {
    if (!this.#session) throw new FigError('FIG_RECONCILE_REFUSED', 'changes are not being captured');
    return this.#session.reconcile(this.#versionOf(readModel), order);
  }

  /**
   * Resolves when every read model that this process is to apply can be read, or when the signal aborts. Throws FIG_PREFLIGHT_REFUSED where no read model
   * was ever made, and `mayEnd` agrees: whoever sets fig up wants to know. Any other failure, and a refusal of what has
   * worked before, is a state that somebody may mend while users are served.
   */
  async untilReady(signal: AbortSignal, mayEnd: () => boolean = () => true): Promise<void> {
    const isReady = (version: string): boolean => this.progressOf(version).state === 'ready';
    const isDone = (): boolean => {
      const { share } = this.#changes;
      if (share?.isSettled === false) return false;
      return [...this.#trackers.keys()].every((name) => share?.held.has(name) === false || isReady(name));
    };
    while (!signal.aborted && !isDone()) {
      const refusal = this.#refusal;
      if (refusal && mayEnd() && !(await this.#hasMadeAny())) throw refusal;
      await sleep(50, signal);
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      // What waits in the target, or for a handler, begins anew where it was; nobody waits for it here.
      const patience = setTimeout(() => cutTarget(this.#options.target), STOP_BUDGET_MS);
      await Promise.all(this.#loops.map((loop) => loop.stop())).finally(() => clearTimeout(patience));
      await this.#changes[Symbol.asyncDispose]();
      await this.source[Symbol.asyncDispose]();
    })();
    return this.#stopping;
  }

  async #runSession(signal: AbortSignal): Promise<number | undefined> {
    await this.#changes.awaitTurn(signal);
    if (signal.aborted) return undefined;
    const readModels = this.#modelsHere();
    if (readModels.length === 0) return 0;
    this.#changes.share?.use(readModels.map((model) => readModelNames(model).projection));
    try {
      return await this.#run(readModels, signal);
    } finally {
      this.#changes.share?.use([]);
    }
  }

  async #run(readModels: readonly CapturedReadModel[], signal: AbortSignal): Promise<number | undefined> {
    const { url, migration, target, log } = this.#options;
    await using session = await CaptureSession.open({
      url,
      migration,
      source: this.#changes,
      target,
      readModels,
      maxLoad: this.#options.maxLoad ?? DEFAULT_MAX_LOAD,
      batch: this.#options.batch ?? batchDefaults,
      spool: this.#options.spool ?? spoolDefaults,
      maxBehind: this.#options.maxBehind ?? DEFAULT_MAX_BEHIND,
      setbacks: this.#setbacks,
      standstill: this.#standstill,
      times: { ...captureTimes, ...this.#options.times },
      log,
      onFindings: (findings) => this.#told.tell(findings),
      onState: (readModel, progress) => this.#setState(readModel, progress),
      onProgress: this.#options.onProgress,
      onPosition: (readModel, position) => this.#setPosition(readModel, position),
      beforeEmptying: (readModel) => this.#options.beforeEmptying?.(readModel) ?? Promise.resolve(),
      isTold: (readModel) => this.#trackers.get(readModel)?.current() !== undefined,
      onNudge: () => this.#options.onNudge?.(),
      tap: this.#options.tap,
      onApplied: (batch) => this.#options.onApplied?.(batch),
      maxLetters: (model) => this.#options.maxLetters?.(readModelNames(model).projection) ?? DEFAULT_MAX_LETTERS,
      onLetters: (readModel, { parked, count }) => this.#setLetters(readModel, parked, count),
    });
    this.#session = session;
    this.#log = session.log;
    this.#options.tap?.follows(session.log);
    this.#error = undefined;
    this.#refusal = undefined;
    this.#toldRefusal = undefined;
    try {
      await session.run(signal);
    } finally {
      if (!session.isAllOut) this.#standstill.over();
      this.#session = undefined;
    }
    return signal.aborted ? undefined : 0;
  }

  /** Those that this process is to apply. */
  #modelsHere(): readonly CapturedReadModel[] {
    const held = this.#changes.share?.held;
    const { readModels } = this.#options;
    return held ? readModels.filter((model) => held.has(readModelNames(model).projection)) : readModels;
  }

  /** A store that cannot be asked may well hold read models. */
  async #hasMadeAny(): Promise<boolean> {
    this.#hasMade ||= await new ProjectionStore().hasAny(this.#options.target).catch(() => true);
    return this.#hasMade;
  }

  #versionOf(readModel: string): string {
    return this.#trackers.has(readModel) ? readModel : (this.#versions.get(readModel) ?? readModel);
  }

  #setState(readModel: string, progress: ReadModelProgress): void {
    this.#progress.set(readModel, progress);
  }

  #setPosition(readModel: string, streamed: Position | undefined): void {
    const position = this.#asTold(streamed);
    this.#trackers.get(readModel)?.set(position);
    this.#options.onPosition(readModel, position);
  }

  #asTold(streamed: Position | undefined): Position | undefined {
    const { positions } = this.#changes;
    return streamed === undefined || !positions ? streamed : positions.translate(streamed);
  }

  #setLetters(readModel: string, parked: readonly string[], count: number): void {
    const before = this.lettersOf(readModel);
    if (before.parked === parked && before.count === count) return;
    const added = parked.filter((key) => !before.parked.includes(key)).length;
    const letters = { parked, count, parkings: before.parkings + added };
    this.#letters.set(readModel, letters);
    if (added > 0) this.#options.onParked?.(readModel, letters.parkings);
    if (count <= before.count) return;
    const fields = { readModel, code: 'FIG_KEY_PARKED', parked: parked.length, letters: count };
    this.#options.log.warn(fields, 'something cannot be built and is parked; its reads go to legacy');
  }

  #failed(error: unknown, attempt: number): void {
    this.#error = describeError(error);
    if (isRefusal(error) && error.message !== this.#toldRefusal) {
      this.#toldRefusal = error.message;
      const fields = { code: error.code, error: this.#error };
      this.#options.log.error(fields, 'capture is refused, and tried again; users are served');
    }
    this.#refusal = error instanceof FigError && error.code === 'FIG_PREFLIGHT_REFUSED' ? error : undefined;
    this.#failures.tell(error, attempt);
  }

  async #sampleLag(): Promise<number> {
    const position = await this.source.read();
    this.#lag.sample(position, machineNow());
    const applied = this.#slowest();
    if (applied !== undefined) this.#lag.forgetBefore(applied);
    if (this.#session && this.#heartbeat.isDue(position, this.#session.received, machineNow())) this.source.nudge();
    return SAMPLE_EVERY_MS;
  }

  #slowest(): Position | undefined {
    const known = [...this.#trackers.values()].map((tracker) => tracker.current()).filter((at) => at !== undefined);
    return known.length === 0 ? undefined : known.reduce((a, b) => (a < b ? a : b));
  }
}

function isRefusal(error: unknown): error is FigError {
  return error instanceof FigError && ['FIG_PREFLIGHT_REFUSED', 'FIG_CAPTURE_WAITS'].includes(error.code);
}
