import { Client } from 'pg';
import { FigError } from '../../kernel/fig-error.ts';
import { formatPosition, laterPosition, type Position } from '../../kernel/position.ts';
import { batchDefaults, type BatchLimits } from '../batch-limits.ts';
import type { ChangeStream } from '../change-stream.ts';
import type { SourceTransaction, StreamEvent } from '../change.ts';
import { isMarked } from '../is-marked.ts';
import { judgeSilence } from './judge-silence.ts';
import { noticesCuts } from './legacy-connection.ts';
import { OpenSpools } from './open-spools.ts';
import { sessionOptions } from './session-settings.ts';
import { spoolDefaults, type SpoolOptions, SpoolSpace } from './spool-space.ts';
import { encodeStandbyStatus } from './standby-status.ts';
import { type AssemblerStep, TransactionAssembler } from './transaction-assembler.ts';

/** Messages of large transactions that wait for the disk. */
const PAUSE_ABOVE_BACKLOG = 8 * 1024 * 1024;
const STATUS_EVERY_MS = 1_000;

export interface ReplicationOptions {
  readonly url: string;
  readonly slot: string;
  readonly publication: string;
  /** What the server sees the connection as. */
  readonly name?: string | undefined;
  /** Transactions that end at or before it are not delivered. */
  readonly from: Position;
  readonly spool?: SpoolOptions | undefined;
  /** What is gathered before it is given on, and held while that is worked on. */
  readonly batch?: BatchLimits | undefined;
}

/** What `pg` has on a connection and does not declare: the copy-both mode of replication. */
interface CopyBothConnection {
  on(event: 'copyData', listener: (message: { chunk: Buffer }) => void): void;
  once(event: 'replicationStart', listener: () => void): void;
  sendCopyFromChunk(chunk: Buffer): void;
  readonly stream: { readonly bytesRead: number; pause(): void; resume(): void; destroy(): void };
}

/**
 * A logical replication session. Three positions are kept apart: `received` is what has come over the wire,
 * what has been applied is the reader's business, and `acknowledge` says what the server may forget.
 */
export class ReplicationStream implements ChangeStream {
  readonly #client: Client;
  readonly #connection: CopyBothConnection;
  readonly #assembler = new TransactionAssembler();
  readonly #batch: BatchLimits;
  #queue: StreamEvent[] = [];
  readonly #from: Position;
  readonly #space: SpoolSpace;
  readonly #spools: OpenSpools;
  #queuedBytes = 0;
  #queuedRows = 0;
  /** Something waits in the queue that is not to wait for more. */
  #isUrgent = false;
  #bytesSinceEvent = 0;
  #paused = false;
  #received: Position;
  #acknowledged: Position;
  #failure: unknown;
  #ended = false;
  #wake: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Since the server has sent something, or reading went on. Counted in beats: a process that stood still heard nothing. */
  #silentMs = 0;
  #silenceLimitMs = 0;
  /** When it was last looked. A message may take longer than the limit to arrive, and tells nothing before its end. */
  #bytesRead = 0;

  private constructor(client: Client, from: Position, spool: SpoolOptions, batch: BatchLimits) {
    this.#batch = batch;
    this.#client = client;
    this.#connection = (client as unknown as { connection: CopyBothConnection }).connection;
    this.#from = from;
    this.#received = from;
    this.#acknowledged = from;
    this.#space = new SpoolSpace(
      spool,
      () => this.#resumeIfRoom(),
      (error) => this.#fail(error),
    );
    this.#spools = new OpenSpools(this.#space);
  }

  /** Connects and starts streaming. Rejects with FIG_REPLICATION_FAILED, for example while the slot is still in use. */
  static async open(options: ReplicationOptions): Promise<ReplicationStream> {
    const config = {
      connectionString: options.url,
      ...(options.name !== undefined && { application_name: options.name }),
      replication: 'database',
      options: sessionOptions(),
      ...noticesCuts,
    };
    const client = new Client(config);
    const stream = new ReplicationStream(
      client,
      options.from,
      options.spool ?? spoolDefaults,
      options.batch ?? batchDefaults,
    );
    client.on('error', (error) => stream.#end(error));
    try {
      await client.connect();
      await stream.#start(options);
    } catch (error) {
      await client.end().catch(() => undefined); // The first error is the one that matters.
      throw new FigError('FIG_REPLICATION_FAILED', `replication from slot ${options.slot} did not start`, {
        cause: error,
      });
    }
    return stream;
  }

  get received(): Position {
    return this.#received;
  }

  get acknowledged(): Position {
    return this.#acknowledged;
  }

  /** Bytes of disk that transactions too large for memory take now. */
  get spooledBytes(): number {
    return this.#space.used;
  }

  /** Allows the server to forget everything up to here. Call it only with what is durably applied. */
  acknowledge(position: Position): void {
    if (position <= this.#acknowledged) return;
    this.#acknowledged = position;
    this.#sendStatus();
  }

  /**
   * Everything that has arrived, at least one event; undefined at a clean end. Changes are gathered for a while before, if
   * that was asked for. Throws when the session fails.
   */
  async next(): Promise<readonly StreamEvent[] | undefined> {
    while (this.#queue.length === 0) {
      if (this.#failure !== undefined) {
        throw new FigError('FIG_REPLICATION_FAILED', 'the replication stream broke off', { cause: this.#failure });
      }
      if (this.#ended) return undefined;
      await this.#woken();
    }
    if (this.#batch.waitMs > 0) await this.#gather();
    const events = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#queuedRows = 0;
    this.#isUrgent = false;
    this.#resumeIfRoom();
    return events;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end(undefined);
    await this.#client.end().catch(() => undefined); // The session may already be gone; there is nothing to save.
    await this.#spools[Symbol.asyncDispose]();
  }

  /** Until there is enough, or somebody waits for what there is, or the time is over. A position alone changes no row. */
  async #gather(): Promise<void> {
    let isOver = false;
    const timer = setTimeout(() => {
      isOver = true;
      this.#wakeReader();
    }, this.#batch.waitMs);
    const isEnough = (): boolean =>
      this.#isUrgent || this.#queuedRows >= this.#batch.rows || this.#queuedBytes >= this.#batch.bytes;
    while (!isOver && !this.#ended && !isEnough() && this.#queue.some(({ type }) => type === 'transaction')) {
      await this.#woken();
    }
    clearTimeout(timer);
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async #start(options: ReplicationOptions): Promise<void> {
    const limit = await this.#client.query<{ ms: string }>(
      `SELECT setting AS ms FROM pg_settings WHERE name = 'wal_sender_timeout'`,
    );
    this.#silenceLimitMs = Number(limit.rows[0]!.ms);
    const publication = options.publication.replaceAll("'", "''");
    const sql =
      `START_REPLICATION SLOT "${options.slot}" LOGICAL ${formatPosition(options.from)} ` +
      // Streamed transactions come while they run, so that the server does not write the large ones to its own disk.
      `(proto_version '2', streaming 'on', publication_names '${publication}', messages 'true')`;
    await new Promise<void>((resolve, reject) => {
      this.#connection.once('replicationStart', resolve);
      this.#connection.on('copyData', ({ chunk }) => this.#onCopyData(chunk));
      // This query lasts as long as the stream does.
      this.#client.query(sql).then(
        () => this.#end(undefined),
        (error: unknown) => {
          reject(error);
          this.#end(error);
        },
      );
    });
    this.#timer = setInterval(() => this.#beat(), STATUS_EVERY_MS);
  }

  #onCopyData(chunk: Buffer): void {
    if (this.#ended) return;
    try {
      const tag = String.fromCharCode(chunk[0] ?? 0);
      if (tag === 'w') this.#onWalData(chunk);
      else if (tag === 'k') this.#onKeepalive(chunk);
    } catch (error) {
      this.#fail(error);
    }
  }

  #onWalData(chunk: Buffer): void {
    const step = this.#assembler.push(chunk.subarray(25));
    if (step?.type === 'spill') {
      this.#spools.append(step.xid, step.bytes);
      if (this.#space.backlog > PAUSE_ABOVE_BACKLOG) this.#pause();
      return;
    }
    this.#bytesSinceEvent += chunk.length;
    if (step?.type === 'dropped') this.#spools.drop(step.xid);
    else if (step) this.#onTransaction(step);
  }

  #onTransaction(step: Extract<AssemblerStep, { type: 'transaction' | 'large' }>): void {
    const { endPosition, xid } = step.transaction;
    this.#received = laterPosition(this.#received, endPosition);
    if (step.type === 'transaction') {
      if (endPosition > this.#from) this.#enqueueSmall(step.transaction);
    } else if (endPosition > this.#from) {
      this.#isUrgent = true;
      this.#enqueue({ type: 'large', transaction: this.#spools.commit(step.transaction) });
    } else {
      this.#spools.drop(xid);
    }
  }

  #enqueueSmall(transaction: SourceTransaction): void {
    this.#isUrgent ||= isMarked(transaction);
    this.#queuedRows += transaction.changes.length;
    this.#enqueue({ type: 'transaction', transaction, bytes: this.#bytesSinceEvent });
  }

  #onKeepalive(chunk: Buffer): void {
    const position = chunk.readBigUInt64BE(1);
    const replyRequested = chunk[17] === 1;
    if (!this.#assembler.inTransaction && position > this.#received) {
      this.#received = position;
      this.#enqueue({ type: 'position', position });
    }
    if (replyRequested) this.#sendStatus();
  }

  #enqueue(event: StreamEvent): void {
    this.#queue.push(event);
    this.#queuedBytes += this.#bytesSinceEvent;
    this.#bytesSinceEvent = 0;
    if (this.#queuedBytes > this.#batch.bytes) this.#pause();
    this.#wakeReader();
  }

  /** Reading stops, status updates do not: the server drops whoever is silent, not whoever is slow. */
  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#connection.stream.pause();
  }

  #resumeIfRoom(): void {
    if (!this.#paused || this.#ended) return;
    if (this.#queuedBytes > this.#batch.bytes || this.#space.backlog > PAUSE_ABOVE_BACKLOG / 2) return;
    this.#paused = false;
    this.#silentMs = 0;
    this.#connection.stream.resume();
  }

  #fail(error: unknown): void {
    this.#end(error);
    this.#connection.stream.destroy();
  }

  #beat(): void {
    const { bytesRead } = this.#connection.stream;
    if (bytesRead !== this.#bytesRead) this.#silentMs = 0;
    else if (!this.#paused) this.#silentMs += STATUS_EVERY_MS;
    this.#bytesRead = bytesRead;
    const verdict = judgeSilence(this.#silentMs, this.#silenceLimitMs);
    if (verdict === 'cut') {
      this.#fail(new Error(`the server has not answered for ${this.#silentMs / 1000} s`));
      return;
    }
    this.#sendStatus(verdict === 'ask');
  }

  #sendStatus(asksForAnswer = false): void {
    if (this.#ended) return;
    const received = laterPosition(this.#received, this.#acknowledged);
    this.#connection.sendCopyFromChunk(encodeStandbyStatus(received, this.#acknowledged, Date.now(), asksForAnswer));
  }

  #end(failure: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    clearInterval(this.#timer);
    this.#wakeReader();
  }

  #wakeReader(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
