import { describeError, FigError } from '../../kernel/fig-error.ts';
import { machineNow } from '../../kernel/machine-time.ts';
import { laterPosition, type Position } from '../../kernel/position.ts';
import type { LargeTransaction, SourceTransaction } from '../change.ts';
import type { Projection } from '../projection/projection.ts';
import type { StreamWatcher } from '../stream-watcher.ts';
import { tellGivenUp } from './given-up.ts';
import type { SessionOptions } from './session-options.ts';

/** Work that failed and may succeed later. */
export interface KeptWork {
  readonly run: () => Promise<void>;
  /** What it reads, when that is not in memory. */
  readonly large?: LargeTransaction | undefined;
}

export type LaneOptions = Pick<SessionOptions, 'onState' | 'onPosition' | 'onLetters' | 'isTold' | 'setbacks' | 'log'>;

/**
 * One read model's share of a session: what is told of it, who watches the stream for it, and whether it takes part. One
 * that has failed is out until the session ends; the others go on.
 */
export class Lane {
  readonly projection: Projection;
  readonly #options: LaneOptions;
  readonly #watchers = new Set<StreamWatcher>();
  readonly #out = new AbortController();
  /**
   * Where it must have come before its position is told. After it had failed, or fig was stopped, it stands where legacy
   * was long ago, and how long ago is not known.
   */
  #goal: Position | undefined;
  #isWaitedFor = true;
  #hasLeft = false;
  readonly #givenUp = new AbortController();
  #error: unknown;
  #work: KeptWork | undefined;
  #restMs = 0;

  /** `end`: where the source's log ends now. */
  constructor(projection: Projection, end: Position, options: LaneOptions) {
    this.projection = projection;
    this.#options = options;
    if (!options.isTold(this.name)) this.#goal = end;
    this.tries();
  }

  /** Of the version: `order_summary_v1`. */
  get name(): string {
    return this.projection.names.projection;
  }

  /** Aborts when it is taken out of the session. */
  get out(): AbortSignal {
    return this.#out.signal;
  }

  get isOut(): boolean {
    return this.#out.signal.aborted;
  }

  /** Aborts when another process is to apply it from now on. */
  get givenUp(): AbortSignal {
    return this.#givenUp.signal;
  }

  /** What took it out. */
  get error(): unknown {
    return this.#error;
  }

  /** How long to leave it alone before it is tried again. */
  get restMs(): number {
    return this.#restMs;
  }

  get work(): KeptWork | undefined {
    return this.#work;
  }

  /** The server has to keep its log from here on for it; undefined: it is copied anew anyway. */
  get needsFrom(): Position | undefined {
    return this.#isWaitedFor ? this.projection.position : undefined;
  }

  get isWatched(): boolean {
    return this.#watchers.size > 0;
  }

  /** The watcher sees the stream when this read model has applied it, until the answer is called or the lane is out. */
  watch(watcher: StreamWatcher): () => void {
    if (!this.isOut) this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  async show(transaction: SourceTransaction): Promise<void> {
    for (const watcher of this.#watchers) await watcher.onTransaction(transaction);
  }

  showLarge(transaction: LargeTransaction): void {
    for (const watcher of this.#watchers) watcher.onLarge(transaction);
  }

  /** Everything up to here is applied; tells those who read. */
  reached(position: Position): void {
    if (this.isOut) return;
    this.tellLetters();
    if (this.#hasLeft || this.projection.state !== 'ready') return;
    const at = laterPosition(position, this.projection.position);
    if (this.#goal !== undefined) {
      if (at < this.#goal) return;
      this.#goal = undefined;
      this.#recovered();
    }
    this.#options.onPosition(this.name, at);
    this.#options.onState(this.name, { state: 'ready', progress: 1, error: undefined });
  }

  tellLetters(): void {
    const { parked, count, pausedBecause } = this.projection.letters;
    this.#options.onLetters(this.name, { parked, count });
    if (this.projection.state !== 'paused') return;
    const error = `out of use: ${pausedBecause ?? 'it is about to be built again'}`;
    this.#options.onState(this.name, { state: 'paused', progress: 0, error });
    this.leave();
  }

  /** Its reads go to legacy. */
  leave(): void {
    this.#options.onPosition(this.name, undefined);
  }

  /** Its reads go to legacy until another session takes it up, whatever is still being applied in this one. */
  leaveForGood(): void {
    this.#hasLeft = true;
    this.leave();
  }

  /** Takes it out of the session. `work`: what may be tried again; without it another session has to. */
  takeOut(error: unknown, work?: KeptWork): void {
    if (this.isOut) return;
    this.#work = work;
    this.#watchers.clear();
    this.#out.abort();
    this.failed(error);
  }

  /** Takes it out of the session, because another process is to apply it. */
  handOver(): void {
    this.#givenUp.abort();
    this.needsNoLog();
    this.#watchers.clear();
    this.#out.abort();
    this.leave();
    this.#options.onState(this.name, { state: 'waiting', progress: 0, error: undefined });
  }

  /** Counts a failure and tells of it. */
  failed(error: unknown): void {
    this.#error = error;
    this.#note(error);
    if (!this.#isMerelyOvertaken(error)) this.leave();
    const progress = { state: 'failed', progress: 0, error: describeError(error) } as const;
    this.#options.onState(this.name, progress);
  }

  /** Copying, building or mending failed, and is tried again while the changes go on being applied. */
  stumbled(error: unknown): void {
    // What stands against reading it is known, also while that cannot be mended.
    if (this.projection.state === 'ready' || this.projection.state === 'paused') this.#note(error);
    else this.failed(error);
  }

  tries(): void {
    this.#options.setbacks.tries(this.name, machineNow());
  }

  /** It is filled or works without having been out. */
  works(): void {
    if (this.#goal === undefined) this.#recovered();
  }

  /** What had been kept cannot be tried again. */
  forgetWork(): void {
    this.#work = undefined;
  }

  /** The disk that it takes is needed. */
  forgetLarge(): void {
    if (this.#work?.large) this.forgetWork();
  }

  /** No log is kept for it: it is copied anew in any case. */
  needsNoLog(): void {
    this.#isWaitedFor = false;
  }

  /** From now on no log is kept for it, and so it has to be copied anew. */
  giveUp(why: string): void {
    if (!this.#isWaitedFor) return;
    this.needsNoLog();
    tellGivenUp(this.#options.log, this.name, why);
  }

  /** Its rows are right where it stands, and the next session will most likely go on from there. */
  #isMerelyOvertaken(error: unknown): boolean {
    const isChange = error instanceof FigError && error.code === 'FIG_SOURCE_CHANGED';
    return isChange && this.#options.setbacks.failuresOf(this.name) === 1;
  }

  #recovered(): void {
    if (this.#options.setbacks.failuresOf(this.name) === 0) return;
    this.#options.setbacks.recovered(this.name);
    this.#options.log.info({ readModel: this.name }, 'a read model works again');
  }

  #note(error: unknown): void {
    this.#restMs = this.#options.setbacks.failed(this.name, machineNow());
    const fields = { readModel: this.name, code: 'FIG_READ_MODEL_FAILING', error: describeError(error) };
    const failures = this.#options.setbacks.failuresOf(this.name);
    this.#options.log.warn({ ...fields, failures, restMs: Math.round(this.#restMs) }, 'a read model failed');
  }
}
