import type { Knex } from 'knex';
import { Client } from 'pg';
import { readModelFingerprint } from '../config/fingerprint.ts';
import type { ReadModelDefinition } from '../config/read-model-definition.ts';
import { FigError, describeError } from '../kernel/fig-error.ts';
import type { Log } from '../kernel/log.ts';
import { formatPosition, laterPosition, type Position } from '../kernel/position.ts';
import { qualifiedSource } from '../store/read-model-names.ts';
import { Backfill, type SyncProgress } from './backfill.ts';
import { BackfillReader } from './backfill-reader.ts';
import type { ReadModelProgress } from './read-model-progress.ts';
import type { SourceTransaction, StreamEvent } from './change.ts';
import { DeclarativeProjection } from './declarative-projection.ts';
import { DeliveredXids } from './delivered-xids.ts';
import { inspectSource, refuseOnErrors } from './postgres/preflight.ts';
import { ReplicationStream } from './postgres/replication-stream.ts';
import { sessionOptions } from './postgres/session-settings.ts';
import { ensureSlot, type Slot, slotNameOf } from './postgres/slot.ts';
import { identifySource, logDigest, projectionFingerprint, type SourceIdentity } from './postgres/identify-source.ts';
import { messagePrefix } from './postgres/source-position.ts';
import { SerialQueue } from './serial-queue.ts';

const BATCH_CHANGES = 4_000;
const KEEP_POSITION_EVERY_MS = 5_000;

export interface SessionOptions {
  readonly url: string;
  readonly migration: string;
  readonly target: Knex;
  readonly readModels: readonly ReadModelDefinition[];
  /** See `ChunkPace`. */
  readonly maxLoad: number;
  readonly log: Log;
  readonly onState: (readModel: string, progress: ReadModelProgress) => void;
  readonly onProgress: (progress: SyncProgress) => void;
  readonly onPosition: (readModel: string, position: Position | undefined) => void;
}

/** One connection's worth of capture: from preflight to the end of the stream. Any failure ends it; a new one resumes. */
export class CaptureSession implements AsyncDisposable {
  readonly #options: SessionOptions;
  readonly #stream: ReplicationStream;
  readonly #projections: readonly DeclarativeProjection[];
  readonly #backfills = new Map<DeclarativeProjection, Backfill>();
  readonly #delivered = new DeliveredXids();
  readonly #serial = new SerialQueue();
  readonly #identity: SourceIdentity;
  #keptAt = Date.now();

  private constructor(
    options: SessionOptions,
    stream: ReplicationStream,
    projections: readonly DeclarativeProjection[],
    identity: SourceIdentity,
  ) {
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
      const { findings, tables } = await inspectSource(client, slotName, demands);
      refuseOnErrors(findings);
      const slot = await ensureSlot(client, slotName, slotName, [...tables.values()], options.log);
      const projections = options.readModels.map((model) => new DeclarativeProjection(options.target, model, tables));
      const identity = await identifySource(options.url);
      const fresh: DeclarativeProjection[] = [];
      for (const projection of projections) {
        if (!(await takeUp(projection, slot, identity, options))) fresh.push(projection);
      }
      const from = projections
        .map((projection) => (fresh.includes(projection) ? slot.confirmed : projection.position))
        .reduce((least, position) => (position < least ? position : least));
      const stream = await ReplicationStream.open({
        url: options.url,
        slot: slot.name,
        publication: slot.publication,
        from,
      });
      try {
        // Only whoever holds the slot may drop and make tables: another fig may still be serving from them.
        for (const projection of fresh) await projection.restart(fingerprintOf(projection, identity), slot.confirmed);
      } catch (error) {
        await stream[Symbol.asyncDispose]();
        throw error;
      }
      return new CaptureSession(options, stream, projections, identity);
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

  /** Applies what comes until the signal aborts. Throws when the stream or a projection fails. */
  async run(signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const both = AbortSignal.any([signal, failed.signal]);
    both.addEventListener('abort', () => void this.#stream[Symbol.asyncDispose](), { once: true });
    const tasks = [this.#consume(both), ...this.#projections.map((projection) => this.#fill(projection, both))];
    const outcomes = await Promise.allSettled(
      tasks.map((task) =>
        task.catch((error: unknown) => {
          failed.abort();
          throw error;
        }),
      ),
    );
    const rejected = outcomes.find((outcome) => outcome.status === 'rejected');
    if (rejected && !signal.aborted) throw rejected.reason;
    if (signal.aborted) await this.#keepPosition();
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
      await this.#serial.run(() => this.#handle(events));
    }
  }

  async #handle(events: readonly StreamEvent[]): Promise<void> {
    let batch: SourceTransaction[] = [];
    let changes = 0;
    for (const event of events) {
      if (event.type === 'position') {
        await this.#apply(batch);
        batch = [];
        changes = 0;
        this.#reached(event.position);
        continue;
      }
      batch.push(event.transaction);
      changes += event.transaction.changes.length;
      const marked = event.transaction.messages.some(({ prefix }) => prefix === messagePrefix);
      if (marked || changes >= BATCH_CHANGES) {
        await this.#apply(batch);
        batch = [];
        changes = 0;
      }
    }
    await this.#apply(batch);
  }

  async #apply(batch: readonly SourceTransaction[]): Promise<void> {
    const last = batch.at(-1);
    if (!last) return;
    for (const projection of this.#projections) {
      try {
        await projection.apply(batch);
      } catch (error) {
        await this.#onFailedApply(projection, error);
        throw error;
      }
    }
    for (const transaction of batch) {
      for (const backfill of this.#backfills.values()) await backfill.onTransaction(transaction);
      this.#delivered.add(transaction.xid);
    }
    this.#reached(last.endPosition);
    this.#acknowledge();
  }

  async #onFailedApply(projection: DeclarativeProjection, error: unknown): Promise<void> {
    const { name } = projection.definition;
    this.#options.onState(name, { state: 'failed', progress: 0, error: describeError(error) });
    if (error instanceof FigError && error.code === 'FIG_MIRROR_ROW_MISSING') {
      this.#options.log.warn({ readModel: name, error: error.message }, 'the read model is built again');
      this.#options.onPosition(name, undefined);
      await projection.restart(fingerprintOf(projection, this.#identity), this.#stream.acknowledged);
    }
  }

  /** Everything up to here is applied; tells those who read. */
  #reached(position: Position): void {
    for (const projection of this.#projections) {
      if (projection.state !== 'ready') continue;
      this.#options.onPosition(projection.definition.name, laterPosition(position, projection.position));
      this.#options.onState(projection.definition.name, { state: 'ready', progress: 1, error: undefined });
    }
    // Idle positions are kept now and then only, since keeping one writes and, on one server, makes a new position.
    if (Date.now() - this.#keptAt > KEEP_POSITION_EVERY_MS) {
      this.#keptAt = Date.now();
      this.#idlePosition = position;
      void this.#serial
        .run(() => this.#keepPosition())
        .catch((error: unknown) => {
          this.#options.log.debug({ error: describeError(error) }, 'the idle position was not kept');
        });
    }
  }

  #idlePosition: Position | undefined;

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
  }

  async #fill(projection: DeclarativeProjection, signal: AbortSignal): Promise<void> {
    const { name } = projection.definition;
    const tell = (progress: SyncProgress): void => {
      this.#options.onState(name, {
        state: progress.stage,
        progress: progress.done / Math.max(1, progress.total),
        error: undefined,
      });
      this.#options.onProgress(progress);
    };
    if (projection.state === 'copying') await this.#copy(projection, tell, signal);
    if (projection.state === 'building') await this.#buildAll(projection, tell, signal);
    if (projection.state === 'ready') {
      this.#options.onState(name, { state: 'ready', progress: 1, error: undefined });
      this.#options.onPosition(name, projection.position);
    }
  }

  async #copy(
    projection: DeclarativeProjection,
    tell: (progress: SyncProgress) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const backfill = new Backfill(projection, this.#delivered, this.#options.maxLoad);
    this.#backfills.set(projection, backfill);
    await using reader = await BackfillReader.open(this.#options.url);
    try {
      await backfill.run(this.#options.target, reader, tell, signal);
    } finally {
      this.#backfills.delete(projection);
    }
    if (!signal.aborted) await this.#serial.run(() => projection.startBuilding());
  }

  async #buildAll(
    projection: DeclarativeProjection,
    tell: (progress: SyncProgress) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const root = projection.definition.root ? qualifiedSource(projection.definition.root) : undefined;
    const walked = [...projection.mirrors].filter(([source]) => root === undefined || source === root);
    const total = walked.reduce((sum, [, { source }]) => sum + Math.max(0, source.estimatedRows), 0);
    for (let done = 0; !signal.aborted;) {
      const built = await this.#serial.run(() => projection.buildNext());
      if (built === 0) {
        tell({ readModel: projection.names.projection, stage: 'building', source: undefined, done: total, total });
        return;
      }
      done += built;
      tell({
        readModel: projection.names.projection,
        stage: 'building',
        source: undefined,
        done,
        // The estimate may be low; only the end is the end.
        total: Math.max(total, done + 1),
      });
    }
  }
}

function demandsOf(readModels: readonly ReadModelDefinition[]): { table: string; key: readonly string[] }[] {
  const demands = new Map<string, readonly string[]>();
  for (const { sources } of readModels) {
    for (const [name, { key }] of Object.entries(sources)) demands.set(qualifiedSource(name), [key].flat());
  }
  return [...demands].map(([table, key]) => ({ table, key }));
}

function fingerprintOf(projection: DeclarativeProjection, identity: SourceIdentity): string {
  const sources = [...projection.mirrors.values()].map(({ source }) => source);
  return projectionFingerprint(readModelFingerprint(projection.definition), identity, sources);
}

/**
 * Resumes a projection. False: it has to start anew, because there is nothing, or it was made by another definition, from
 * another server or other columns, or changes are missing between its position and the slot's.
 */
async function takeUp(
  projection: DeclarativeProjection,
  slot: Slot,
  identity: SourceIdentity,
  options: SessionOptions,
): Promise<boolean> {
  const { name } = projection.definition;
  const known = await projection.resume(fingerprintOf(projection, identity));
  // A position past the end of the log is one of a server that was restored to an earlier time.
  const misplaced = known && (projection.position < slot.confirmed || projection.position > identity.end);
  if (misplaced) {
    const error = new FigError(
      'FIG_SLOT_PASSED',
      `the read model ${name} stands at ${formatPosition(projection.position)}, the slot at ${formatPosition(slot.confirmed)} and the log ends at ${formatPosition(identity.end)}`,
    );
    options.log.warn(
      { readModel: name, code: error.code, error: error.message },
      'changes are missing; building again',
    );
  }
  if (known && !misplaced) return true;
  options.onPosition(name, undefined);
  return false;
}
