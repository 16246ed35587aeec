import { Client } from 'pg';
import { FigError, describeError } from '../../kernel/fig-error.ts';
import { milestone } from '../../kernel/milestones.ts';
import { laterPosition, type Position } from '../../kernel/position.ts';
import { type AppliedBatch, ChangeTally, tallied } from './applied-batch.ts';
import type { Reconciliation } from '../../store/reconciliation-store.ts';
import { batchesOf } from './batches-of.ts';
import type { SyncProgress } from '../backfill/backfill.ts';
import { sleep } from '../../kernel/service.ts';
import type { LargeTransaction, SourceTransaction, StreamEvent } from '../change.ts';
import { demandsOf } from './demands-of.ts';
import { DeclarativeProjection } from '../projection/declarative-projection.ts';
import { DeliveredXids } from '../delivered-xids.ts';
import { fillProjection } from '../backfill/fill-projection.ts';
import { inspectSource } from '../postgres/preflight/inspect-source.ts';
import { refuseOnErrors } from '../postgres/preflight/refuse-on-errors.ts';
import { withdrawExposed } from '../postgres/withdraw-exposed.ts';
import { keepMending } from './keep-mending.ts';
import { ReplicationStream } from '../postgres/replication-stream.ts';
import { sessionOptions } from '../postgres/session-settings.ts';
import { slotNameOf } from '../postgres/slot.ts';
import { identifySource, logDigest, type SourceIdentity } from '../postgres/identify-source.ts';
import { type ReconcileOrder, reconcileReadModel } from '../reconcile/reconcile-read-model.ts';
import { SerialQueue } from './serial-queue.ts';
import { SourceChanges } from './source-changes.ts';
import { fingerprintOf, takeUp } from './take-up.ts';
import type { SessionOptions } from './session-options.ts';
import type { StreamWatcher } from '../stream-watcher.ts';

const BATCH_CHANGES = 4_000;
const KEEP_POSITION_EVERY_MS = 5_000;

/** One connection's worth of capture: from preflight to the end of the stream. Any failure ends it; a new one resumes. */
export class CaptureSession implements AsyncDisposable {
  readonly #options: SessionOptions;
  readonly #stream: ReplicationStream;
  readonly #projections: readonly DeclarativeProjection[];
  readonly #watchers = new Set<StreamWatcher>();
  readonly #reconciling = new Map<DeclarativeProjection, Promise<unknown>>();
  readonly #ended = new AbortController();
  readonly #delivered = new DeliveredXids();
  readonly #serial = new SerialQueue();
  readonly #identity: SourceIdentity;
  readonly #changes: SourceChanges;
  /** Up to here everything is applied, and it may not be stored yet that it is. */
  #idlePosition: Position | undefined;

  private constructor(
    options: SessionOptions,
    stream: ReplicationStream,
    projections: readonly DeclarativeProjection[],
    identity: SourceIdentity,
    changes: SourceChanges,
  ) {
    this.#changes = changes;
    this.#identity = identity;
    this.#options = options;
    this.#stream = stream;
    this.#projections = projections;
  }

  /** Checks the legacy database, makes publication and slot, takes the projections up and starts streaming. */
  static async open(options: SessionOptions): Promise<CaptureSession> {
    const client = new Client({
      connectionString: options.url,
      application_name: 'fig preflight',
      options: sessionOptions(),
    });
    client.on('error', () => undefined); // A broken connection fails the query that is running, which is reported.
    await client.connect();
    try {
      const slotName = slotNameOf(options.migration, client.database ?? '');
      const demands = demandsOf(options.readModels);
      const { findings, tables } = await inspectSource(client, { url: options.url, slot: slotName, demands });
      options.onFindings(findings);
      const changes = new SourceChanges(options, tables);
      await changes.suspectUnpublished(client, slotName, demands);
      for (const table of await withdrawExposed(client, slotName, findings, options.log)) changes.leave(table);
      refuseOnErrors(findings);
      const projections = options.readModels.map(
        (model) => new DeclarativeProjection(options.target, model, tables, options.maxLetters(model)),
      );
      const identity = await identifySource(options.url);
      const { slot, fresh, mend } = await takeUp({
        client,
        target: options.target,
        name: slotName,
        tables: [...tables.values()],
        projections,
        identity,
        log: options.log,
        onUnusable: ({ names }) => options.onPosition(names.projection, undefined),
      });
      const from = projections
        .map((projection) => (fresh.has(projection) ? slot.confirmed : projection.position))
        .reduce((least, position) => (position < least ? position : least));
      const stream = await ReplicationStream.open({
        url: options.url,
        slot: slot.name,
        publication: slot.publication,
        from,
      });
      try {
        // Only whoever holds the slot may drop and make tables: another fig may still be serving from them.
        for (const projection of fresh) {
          await projection.restart(fingerprintOf(projection, identity), slot.confirmed, identity.timeline);
        }
        for (const mended of mend.values()) await mended();
      } catch (error) {
        await stream[Symbol.asyncDispose]();
        throw error;
      }
      return new CaptureSession(options, stream, projections, identity, changes);
    } finally {
      await client.end();
    }
  }

  /** Names the log that positions of this session belong to. */
  get log(): string {
    return logDigest(this.#identity);
  }

  get received(): Position {
    return this.#stream.received;
  }

  get acknowledged(): Position {
    return this.#stream.acknowledged;
  }

  get spooledBytes(): number {
    return this.#stream.spooledBytes;
  }

  /** Applies what comes until the signal aborts. Throws when the stream or a projection fails. */
  async run(signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const both = AbortSignal.any([signal, failed.signal]);
    both.addEventListener(
      'abort',
      () => {
        this.#ended.abort();
        void this.#stream[Symbol.asyncDispose]();
      },
      { once: true },
    );
    const tasks = [
      this.#consume(both),
      this.#keepPositions(both),
      this.#changes.watch(both),
      ...this.#projections.map((projection) => this.#tend(projection, both)),
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
    await Promise.allSettled(this.#reconciling.values());
    const rejected = outcomes.find((outcome) => outcome.status === 'rejected');
    if (rejected && !signal.aborted) throw rejected.reason;
    if (signal.aborted) await this.#keepPosition();
  }

  /** Compares a read model with legacy. Throws FIG_RECONCILE_REFUSED when it cannot be compared now. */
  async reconcile(readModel: string, order: ReconcileOrder): Promise<Reconciliation> {
    const projection = this.#projections.find(({ names }) => names.projection === readModel);
    if (projection?.state !== 'ready' || this.#ended.signal.aborted) {
      throw new FigError('FIG_RECONCILE_REFUSED', `the read model ${readModel} is not ready`);
    }
    if (projection.letters.count > 0) {
      throw new FigError(
        'FIG_RECONCILE_REFUSED',
        `the read model ${readModel} has dead letters, so it is known to differ`,
        {
          remedy: 'Mend them first: `fig dead-letters list` shows them.',
        },
      );
    }
    if (this.#reconciling.has(projection)) {
      throw new FigError('FIG_RECONCILE_REFUSED', `the read model ${readModel} is being compared already`);
    }
    const running = reconcileReadModel(
      {
        projection,
        target: this.#options.target,
        url: this.#options.url,
        delivered: this.#delivered,
        watch: (watcher) => this.#watch(watcher),
        exclusively: (work) => this.#serial.run(work),
        log: this.#options.log,
      },
      { ...order, signal: AbortSignal.any([order.signal, this.#ended.signal]) },
    );
    this.#reconciling.set(projection, running);
    try {
      return await running;
    } finally {
      this.#reconciling.delete(projection);
    }
  }

  #watch(watcher: StreamWatcher): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stream[Symbol.asyncDispose]();
  }

  async #consume(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const events = await this.#stream.next();
      if (!events) {
        if (signal.aborted) return;
        throw new FigError('FIG_REPLICATION_FAILED', 'the server ended the replication stream');
      }
      milestone('sync:received');
      await this.#serial.run(() => this.#handle(events));
    }
  }

  async #handle(events: readonly StreamEvent[]): Promise<void> {
    for (const step of batchesOf(events, BATCH_CHANGES)) {
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
    const isIdle = this.#watchers.size === 0 && batch.every(({ changes }) => changes.length === 0);
    if (!isIdle) {
      const startedAt = performance.now();
      await this.#project(async (projection) => {
        await this.#changes.refuseMisfits(projection, batch);
        await projection.apply(batch);
      });
      const tally = new ChangeTally();
      for (const { changes } of batch) tally.add(changes);
      this.#tell({ size: 'small', transactions: batch.length, changes: tally.counts }, startedAt);
    }
    for (const transaction of batch) {
      for (const watcher of this.#watchers) await watcher.onTransaction(transaction);
      this.#delivered.add(transaction.xid);
    }
    this.#reached(last.endPosition);
    if (!isIdle) this.#acknowledge();
  }

  async #applyLarge(transaction: LargeTransaction): Promise<void> {
    const startedAt = performance.now();
    let tally = new ChangeTally();
    const counted = tallied(transaction, (read) => {
      tally = read;
    });
    await this.#project((projection) => projection.applyLarge(this.#changes.refusing(projection, counted)));
    for (const watcher of this.#watchers) watcher.onLarge(transaction);
    this.#delivered.add(transaction.xid);
    await transaction.release();
    this.#tell({ size: 'large', transactions: 1, changes: tally.counts }, startedAt);
    this.#reached(transaction.endPosition);
    this.#acknowledge();
  }

  #tell(batch: Omit<AppliedBatch, 'seconds'>, startedAt: number): void {
    this.#options.onApplied({ ...batch, seconds: (performance.now() - startedAt) / 1000 });
  }

  async #project(apply: (projection: DeclarativeProjection) => Promise<void>): Promise<void> {
    for (const projection of this.#projections) {
      try {
        await apply(projection);
      } catch (error) {
        await this.#onFailedApply(projection, error);
        throw error;
      }
    }
  }

  async #onFailedApply(projection: DeclarativeProjection, error: unknown): Promise<void> {
    const { projection: name } = projection.names;
    this.#options.onState(name, { state: 'failed', progress: 0, error: describeError(error) });
    if (error instanceof FigError && error.code === 'FIG_SOURCE_CHANGED') {
      await this.#changes.suspectAll(projection, error);
    }
    if (error instanceof FigError && error.code === 'FIG_MIRROR_ROW_MISSING') {
      this.#options.log.warn({ readModel: name, error: error.message }, 'the read model is built again');
      this.#options.onPosition(name, undefined);
      const fingerprint = fingerprintOf(projection, this.#identity);
      await projection.restart(fingerprint, this.#stream.acknowledged, this.#identity.timeline);
    }
  }

  /** Everything up to here is applied; tells those who read. */
  #reached(position: Position): void {
    for (const projection of this.#projections) {
      this.#tellLetters(projection);
      if (projection.state !== 'ready') continue;
      const { projection: name } = projection.names;
      this.#options.onPosition(name, laterPosition(position, projection.position));
      this.#options.onState(name, { state: 'ready', progress: 1, error: undefined });
    }
    this.#idlePosition = position;
  }

  /**
   * Idle positions are kept now and then only, since keeping one writes and, on one server, makes a new position. Without
   * it an idle database would keep the log that the other databases of its server write.
   */
  async #keepPositions(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(KEEP_POSITION_EVERY_MS, signal);
      if (!signal.aborted) await this.#serial.run(() => this.#keepPosition());
    }
  }

  async #keepPosition(): Promise<void> {
    const position = this.#idlePosition;
    if (position === undefined) return;
    for (const projection of this.#projections) await projection.skipTo(position);
    this.#acknowledge();
  }

  /** The server may forget what every projection has durably applied, and not a byte more. */
  #acknowledge(): void {
    const least = this.#projections.map(({ position }) => position).reduce((a, b) => (a < b ? a : b));
    this.#stream.acknowledge(least);
    milestone('sync:acknowledged');
  }

  /** Copies and builds it, and again whenever what kept it out of use is gone. */
  async #tend(projection: DeclarativeProjection, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#fill(projection, signal);
      await keepMending({
        projection,
        between: (task) => this.#serial.run(task),
        onLook: async (mending) => {
          if (mending === 'copy-again') await this.#copyAgain(projection);
          this.#tellLetters(projection);
        },
        signal,
      });
    }
  }

  async #copyAgain(projection: DeclarativeProjection): Promise<never> {
    const { projection: name } = projection.names;
    this.#options.onPosition(name, undefined);
    const fingerprint = fingerprintOf(projection, this.#identity);
    await projection.restart(fingerprint, this.#stream.acknowledged, this.#identity.timeline);
    throw new FigError('FIG_PROJECTION_FAILED', `the read model ${name} is copied again, as was asked for`);
  }

  #tellLetters(projection: DeclarativeProjection): void {
    const { projection: name } = projection.names;
    const { parked, count, pausedBecause } = projection.letters;
    this.#options.onLetters(name, { parked, count });
    if (projection.state !== 'paused') return;
    const error = `out of use: ${pausedBecause ?? 'it is about to be built again'}`;
    this.#options.onState(name, { state: 'paused', progress: 0, error });
    this.#options.onPosition(name, undefined);
  }

  async #fill(projection: DeclarativeProjection, signal: AbortSignal): Promise<void> {
    const { projection: name } = projection.names;
    this.#tellLetters(projection);
    const parts = {
      projection,
      target: this.#options.target,
      url: this.#options.url,
      delivered: this.#delivered,
      maxLoad: this.#options.maxLoad,
      watch: (watcher: StreamWatcher) => this.#watch(watcher),
      exclusively: <T>(work: () => Promise<T>) => this.#serial.run(work),
      onProgress: (progress: SyncProgress) => {
        const share = progress.done / Math.max(1, progress.total);
        this.#options.onState(name, { state: progress.stage, progress: share, error: undefined });
        this.#options.onProgress(progress);
      },
    };
    await fillProjection(parts, signal);
    this.#tellLetters(projection);
    if (projection.state === 'ready') {
      this.#options.onState(name, { state: 'ready', progress: 1, error: undefined });
      this.#options.onPosition(name, projection.position);
    }
  }
}
