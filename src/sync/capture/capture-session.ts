import { describeError, FigError } from '../../kernel/fig-error.ts';
import { milestone } from '../../kernel/milestones.ts';
import { laterPosition, type Position } from '../../kernel/position.ts';
import { sleep } from '../../kernel/service.ts';
import type { Reconciliation } from '../../store/reconciliation-store.ts';
import type { SyncProgress } from '../backfill/backfill.ts';
import type { LargeTransaction, SourceTransaction, StreamEvent } from '../change.ts';
import { DeliveredXids } from '../delivered-xids.ts';
import { logDigest } from '../postgres/identify-source.ts';
import type { ReconcileOrder } from '../reconcile/reconcile-read-model.ts';
import { type AppliedBatch, ChangeTally, tallied } from './applied-batch.ts';
import { batchesOf } from './batches-of.ts';
import { boundHolds, heldBy } from './bound-holds.ts';
import { Comparisons } from './comparisons.ts';
import { followShare } from './follow-share.ts';
import { judgeFailure } from './judge-failure.ts';
import type { KeptWork, Lane } from './lane.ts';
import { leastOf, type OpenedSession, openSession } from './open-session.ts';
import { recoverLane } from './recover-lane.ts';
import { SerialQueue } from './serial-queue.ts';
import type { SessionOptions } from './session-options.ts';
import { sideBySide } from './side-by-side.ts';
import { readSlotRoom } from './slot-room.ts';
import { isEmpty } from './is-empty.ts';
import { fingerprintOf } from './take-up.ts';
import { tendLane } from './tend-lane.ts';
import { untilMended } from './until-mended.ts';
import { mostAtOnce } from '../open-target.ts';

/**
 * One connection's worth of capture: from preflight to the end of the stream. A read model that fails is taken out, and
 * the others go on; any other failure ends the session, and a new one resumes.
 */
export class CaptureSession implements AsyncDisposable {
  readonly #options: SessionOptions;
  readonly #opened: OpenedSession;
  readonly #lanes: readonly Lane[];
  readonly #comparisons: Comparisons;
  /** Work beside the stream. */
  readonly #keeping = new Map<Lane, Promise<void>>();
  readonly #ended = new AbortController();
  /** Aborts when another session has to take over in an orderly way. */
  readonly #renewed = new AbortController();
  readonly #delivered = new DeliveredXids();
  readonly #serial = new SerialQueue();
  /** Up to here everything is applied, and it may not be stored yet that it is. */
  #idlePosition: Position | undefined;

  private constructor(options: SessionOptions, opened: OpenedSession) {
    this.#options = options;
    this.#opened = opened;
    this.#lanes = opened.lanes;
    const { target, url, log } = options;
    const parts = { target, url, delivered: this.#delivered, exclusively: this.#serial.run.bind(this.#serial), log };
    this.#comparisons = new Comparisons(parts, this.#ended.signal);
  }

  static async open(options: SessionOptions): Promise<CaptureSession> {
    return new CaptureSession(options, await openSession(options));
  }

  /** Names the log that positions of this session belong to. */
  get log(): string {
    return logDigest(this.#opened.identity);
  }

  get received(): Position {
    return this.#opened.stream.received;
  }

  get acknowledged(): Position {
    return this.#opened.stream.acknowledged;
  }

  get spooledBytes(): number {
    return this.#opened.stream.spooledBytes;
  }

  /** Whether nothing is captured any more. */
  get isAllOut(): boolean {
    return this.#lanes.every(({ isOut }) => isOut);
  }

  /** Whether it is worked on, or would be if nothing were wrong with it. */
  has(readModel: string): boolean {
    const lanes = this.#lanes.filter(({ givenUp }) => !givenUp.aborted);
    return [...lanes, ...this.#opened.refused].some(({ name }) => name === readModel);
  }

  /** Log that the server keeps for a read model because it has failed. */
  heldFor(readModel: string): number {
    const held = [...this.#lanes, ...this.#opened.refused]
      .filter(({ name }) => name === readModel)
      .map((each) => Number(heldBy(each, this.received)));
    return Math.max(0, ...held);
  }

  /** Why some read models take no part, although capture works; undefined: all do. */
  get refusal(): string | undefined {
    return this.#opened.refused.map(({ name, error }) => `${name}: ${error}`).join('\n') || undefined;
  }

  /** Applies what comes until the signal aborts or another session has to take over. Throws when it cannot go on. */
  async run(signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const ending = AbortSignal.any([signal, failed.signal, this.#renewed.signal]);
    ending.addEventListener(
      'abort',
      () => {
        this.#ended.abort();
        void this.#opened.stream[Symbol.asyncDispose]();
      },
      { once: true },
    );
    for (const lane of this.#lanes) this.#keeping.set(lane, this.#keep(lane, ending));
    const tasks = [
      this.#consume(ending),
      this.#keepPositions(ending),
      this.#watchRefused(ending),
      this.#opened.changes.watch((source) => this.#leave(source), ending),
      this.#followShare(ending),
      ...this.#keeping.values(),
    ];
    const outcomes = await Promise.allSettled(
      tasks.map((task) =>
        task.catch((error: unknown) => {
          failed.abort();
          throw error;
        }),
      ),
    );
    this.#ended.abort();
    await this.#comparisons.over();
    const isOrderly = signal.aborted || this.#renewed.signal.aborted;
    const rejected = outcomes.find((outcome) => outcome.status === 'rejected');
    if (rejected && !isOrderly) throw rejected.reason;
    if (isOrderly) await this.#keepPosition();
  }

  /** Compares a read model with legacy. Throws FIG_RECONCILE_REFUSED when it cannot be compared now. */
  reconcile(readModel: string, order: ReconcileOrder): Promise<Reconciliation> {
    const lane = this.#lanes.find(({ name }) => name === readModel);
    return this.#comparisons.compare(readModel, lane, order);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.stream[Symbol.asyncDispose]();
  }

  /** Read models that were refused join in a new session, as soon as what stood against them is gone. */
  async #watchRefused(signal: AbortSignal): Promise<void> {
    const { refused, slot } = this.#opened;
    if (refused.length === 0) return;
    const { url, times, log } = this.#options;
    const mended = await untilMended({ url, slot, refused, everyMs: times.lookAtCatalogEveryMs }, signal);
    if (mended.length === 0) return;
    log.info({ readModels: mended.map(({ name }) => name) }, 'a new session takes up read models that were refused');
    this.#renewed.abort();
  }

  async #followShare(signal: AbortSignal): Promise<void> {
    const { share } = this.#options.source;
    if (share === undefined) return;
    const over = (lane: Lane): Promise<unknown> => {
      const applied = this.#serial.run(() => Promise.resolve());
      return Promise.allSettled([applied, this.#keeping.get(lane), this.#comparisons.over(lane)]);
    };
    const renew = (joined: readonly string[]): void => {
      this.#options.log.info({ joined }, 'a new session takes up the read models that this process is to apply');
      this.#renewed.abort();
    };
    await followShare({ share, lanes: this.#lanes, refused: this.#opened.refused, over, renew }, signal);
  }

  /** Reads leave the read models that are made from a table which is not what it was. */
  #leave(source: string): void {
    for (const lane of this.#lanes) if (lane.projection.mirrors.has(source)) lane.leaveForGood();
  }

  async #consume(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const events = await this.#opened.stream.next();
      if (!events) {
        if (signal.aborted) return;
        throw new FigError('FIG_REPLICATION_FAILED', 'the server ended the replication stream');
      }
      milestone('sync:received');
      const passed = this.#options.tap?.pass(events) ?? events;
      await this.#serial.run(() => this.#handle(passed));
    }
  }

  async #handle(events: readonly StreamEvent[]): Promise<void> {
    for (const step of batchesOf(events, this.#options.batch)) {
      if (step.type === 'batch') await this.#apply(step.transactions);
      else if (step.type === 'large') await this.#applyLarge(step.transaction);
      else this.#reached(step.position);
    }
  }

  async #apply(batch: readonly SourceTransaction[]): Promise<void> {
    const last = batch.at(-1);
    if (!last) return;
    // Markers and nudges alone change no row; that they came is kept with the next change, or like any idle position.
    // Whoever watches for markers wants the target to stand exactly at them.
    const isWatched = (): boolean => this.#lanes.some((lane) => lane.isWatched);
    const isIdle = !isWatched() && batch.every((transaction) => isEmpty(transaction, this.#options.readModels));
    if (!isIdle) {
      const startedAt = performance.now();
      await this.#inAllLanes((lane) => ({
        run: async () => {
          await this.#opened.changes.refuseMisfits(lane.projection, batch);
          await lane.projection.apply(batch);
          lane.reached(last.endPosition);
        },
      }));
      const tally = new ChangeTally();
      for (const { changes } of batch) tally.add(changes);
      this.#tell({ size: 'small', transactions: batch.length, changes: tally.counts }, startedAt);
    }
    for (const transaction of batch) {
      if (isWatched()) await Promise.all(this.#lanes.map((lane) => lane.show(transaction)));
      this.#delivered.add(transaction.xid);
    }
    if (isIdle) {
      this.#options.onNudge();
      this.#reached(last.endPosition);
    }
    this.#idlePosition = last.endPosition;
    if (!isIdle) this.#acknowledge();
  }

  async #applyLarge(large: LargeTransaction): Promise<void> {
    const startedAt = performance.now();
    let tally = new ChangeTally();
    const counted = tallied(large, (read) => {
      tally = read;
    });
    await this.#inAllLanes((lane) => ({
      large,
      run: async () => {
        await lane.projection.applyLarge(this.#opened.changes.refusing(lane.projection, counted));
        lane.reached(large.endPosition);
      },
    }));
    for (const lane of this.#lanes) lane.showLarge(large);
    this.#delivered.add(large.xid);
    if (!this.#lanes.some(({ work }) => work?.large === large)) await large.release();
    this.#tell({ size: 'large', transactions: 1, changes: tally.counts }, startedAt);
    this.#idlePosition = large.endPosition;
    this.#acknowledge();
  }

  #tell(batch: Omit<AppliedBatch, 'seconds'>, startedAt: number): void {
    this.#options.onApplied({ ...batch, seconds: (performance.now() - startedAt) / 1000 });
  }

  /** The read models are strangers to each other: they work side by side, and one that fails is left behind. */
  async #inAllLanes(workFor: (lane: Lane) => KeptWork): Promise<void> {
    const taking = this.#lanes.filter(({ isOut }) => !isOut);
    await sideBySide(taking, mostAtOnce, async (lane) => {
      const work = workFor(lane);
      try {
        await work.run();
      } catch (error) {
        const canBeTried = await this.#considerFailure(lane, error);
        lane.takeOut(error, canBeTried ? work : undefined);
      }
    });
  }

  /** Whether the work may be tried again as it is. Throws what is no failure of the read model. */
  async #considerFailure(lane: Lane, error: unknown): Promise<boolean> {
    const verdict = judgeFailure(error);
    if (verdict === 'of-the-stream' || this.#ended.signal.aborted) throw error;
    if (verdict === 'again-later') return true;
    if (error instanceof FigError && error.code === 'FIG_SOURCE_CHANGED') {
      await this.#opened.changes.suspectAll(lane.projection, error);
    } else {
      await this.#startAnew(lane);
    }
    return false;
  }

  /** Its rows are of no use any more. What cannot be done now is for the session that takes it up. */
  async #startAnew(lane: Lane): Promise<void> {
    try {
      await this.#restart(lane);
    } catch (error) {
      if (judgeFailure(error) === 'of-the-stream') throw error;
      this.#options.log.warn({ readModel: lane.name, error: describeError(error) }, 'a read model cannot begin anew');
    }
  }

  async #restart({ projection }: Lane): Promise<void> {
    const { identity, stream } = this.#opened;
    const from = laterPosition(stream.acknowledged, projection.position);
    await projection.restart(fingerprintOf(projection, identity), from, identity.timeline);
  }

  /** Everything up to here is applied; tells those who read. */
  #reached(position: Position): void {
    for (const lane of this.#lanes) if (!lane.isOut) lane.reached(position);
    this.#idlePosition = position;
  }

  /**
   * Idle positions are kept now and then only, since keeping one writes and, on one server, makes a new position. Without
   * it an idle database would keep the log that the other databases of its server write.
   */
  async #keepPositions(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#options.times.keepPositionEveryMs, signal);
      if (signal.aborted) return;
      await this.#boundHolds();
      await this.#serial.run(() => this.#keepPosition());
    }
  }

  /** What is kept for read models that have failed has its limits: the server's log, and the disk for large transactions. */
  async #boundHolds(): Promise<void> {
    const { url, maxBehind, spool } = this.#options;
    const readRoom = async (): Promise<bigint | undefined> =>
      this.#options.source.holdsSlot ? readSlotRoom(url, this.#opened.slot) : undefined;
    await boundHolds([...this.#lanes, ...this.#opened.refused], { received: this.received, most: maxBehind, readRoom });
    if (this.spooledBytes <= spool.maxBytes / 4) return;
    for (const lane of this.#lanes) {
      const large = lane.work?.large;
      lane.forgetLarge();
      await large?.release();
    }
  }

  async #keepPosition(): Promise<void> {
    const position = this.#idlePosition;
    if (position === undefined) return;
    await this.#inAllLanes((lane) => ({ run: () => lane.projection.skipTo(position) }));
    this.#acknowledge();
  }

  /** The server may forget what every read model has durably applied that is waited for, and not a byte more. */
  #acknowledge(): void {
    const needed = [...this.#lanes, ...this.#opened.refused].flatMap(({ needsFrom }) => needsFrom ?? []);
    if (needed.length > 0) this.#opened.stream.acknowledge(leastOf(needed));
    milestone('sync:acknowledged');
  }

  /** Copies, builds and mends a read model, and tries again what takes it out of the session. */
  async #keep(lane: Lane, signal: AbortSignal): Promise<void> {
    await tendLane(lane, this.#tendParts(lane), signal);
    if (signal.aborted || lane.givenUp.aborted) return;
    if (this.isAllOut) throw lane.error;
    await this.#comparisons.over(lane);
    const parts = {
      resume: () => lane.projection.resume(fingerprintOf(lane.projection, this.#opened.identity)),
      onFailure: (error: unknown) => this.#failedAgain(lane, error),
    };
    if (!(await recoverLane(lane, parts, AbortSignal.any([signal, lane.givenUp])))) return;
    this.#options.log.info({ readModel: lane.name }, 'a new session takes up the read model that had failed');
    this.#renewed.abort();
  }

  #tendParts(lane: Lane): Parameters<typeof tendLane>[1] {
    return {
      target: this.#options.target,
      url: this.#options.url,
      delivered: this.#delivered,
      maxLoad: this.#options.maxLoad,
      refuseChanged: (mirror, shape) => this.#opened.changes.refuseChanged(mirror, shape),
      exclusively: (work) => this.#serial.run(work),
      onProgress: (progress: SyncProgress) => {
        const share = progress.done / Math.max(1, progress.total);
        this.#options.onState(lane.name, { state: progress.stage, progress: share, error: undefined });
        this.#options.onProgress(progress);
      },
      onBlocked: (blockers) => {
        this.#options.log.warn({ readModel: lane.name, blockers }, 'a copy waits for open transactions of legacy');
        const error = `waits for open transactions of legacy: ${blockers.join('; ')}`;
        this.#options.onState(lane.name, { state: 'copying', progress: 0, error });
      },
      patienceMs: this.#options.times.tellBlockersAfterMs,
      copyAgain: async () => {
        lane.leave();
        await this.#restart(lane);
        this.#renewed.abort();
      },
      onFailure: async (error) => {
        if (await this.#considerFailure(lane, error)) lane.stumbled(error);
        else lane.takeOut(error);
      },
    };
  }

  async #failedAgain(lane: Lane, error: unknown): Promise<void> {
    // What was kept for it may have been taken away while it was read.
    const isGone = judgeFailure(error) === 'of-the-stream';
    if (isGone || !(await this.#considerFailure(lane, error))) lane.forgetWork();
    lane.failed(error);
  }
}
