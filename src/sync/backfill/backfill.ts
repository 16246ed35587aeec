import { randomUUID } from 'node:crypto';
import { sleep } from '../../kernel/service.ts';
import { ProjectionStore } from '../../store/projection-store.ts';
import type { Knex } from 'knex';
import type { BackfillReader, ReadChunk } from './backfill-reader.ts';
import { BackfillWindow } from './backfill-window.ts';
import { ChunkPace } from './chunk-pace.ts';
import type { SourceTransaction } from '../change.ts';
import type { Projection } from '../projection/projection.ts';
import type { DeliveredXids } from '../delivered-xids.ts';
import type { CopiedPart } from '../mirror/copied-part.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import type { SourceShape } from '../postgres/source-shape.ts';
import { messagePrefix } from '../postgres/source-position.ts';
import type { StreamWatcher } from '../stream-watcher.ts';

/** The first chunk's; then the pace decides. */
const CHUNK_ROWS = 2_000;
/** Rows of a chunk of columns: these are read fast, but each is a row that is written anew while the stream waits. */
const FILLED_ROWS = 10_000;

export interface SyncProgress {
  readonly readModel: string;
  readonly stage: 'copying' | 'building';
  /** Legacy table, while copying; with the columns, where only these are copied. */
  readonly source: string | undefined;
  readonly done: number;
  readonly total: number;
}

export interface BackfillParts {
  readonly projection: Projection;
  readonly delivered: DeliveredXids;
  /** See `ChunkPace`. */
  readonly maxLoad: number;
  /**
   * Throws when the table is not what the mirror was made from any more. That it was changed need not be told by the stream:
   * what comes before the copy begins is not looked at.
   */
  readonly refuseChanged: (mirror: MirrorTable, shape: SourceShape | undefined) => void;
}

interface OpenChunk {
  readonly id: string;
  readonly mirror: MirrorTable;
  readonly part: CopiedPart;
  readonly window: BackfillWindow;
  readonly settle: (outcome: 'landed' | 'again') => void;
  /** Deliveries before the LOW marker. */
  low: number;
  read: ReadChunk | undefined;
  /** Nothing comes after it. */
  last: boolean;
}

interface CopiedPiece {
  readonly cursor: readonly string[] | null;
  readonly last: boolean;
  readonly read: number;
  readonly restMs: number;
}

/**
 * Fills a projection's mirror beside the stream, chunk by chunk. `run` reads; `onTransaction`, called by the stream's
 * reader for every transaction in order, lands each chunk when its HIGH marker comes by.
 */
export class Backfill implements StreamWatcher {
  readonly #projection: Projection;
  readonly #delivered: DeliveredXids;
  readonly #store = new ProjectionStore();
  readonly #pace: ChunkPace;
  readonly #refuseChanged: BackfillParts['refuseChanged'];
  #open: OpenChunk | undefined;

  constructor({ projection, delivered, maxLoad, refuseChanged }: BackfillParts) {
    this.#projection = projection;
    this.#delivered = delivered;
    this.#refuseChanged = refuseChanged;
    this.#pace = new ChunkPace(maxLoad, CHUNK_ROWS);
  }

  /** Copies what is not copied yet. Ends early, without an error, when the signal aborts. */
  async run(
    db: Knex,
    reader: BackfillReader,
    onProgress: (progress: SyncProgress) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const rows = await this.#store.listBackfill(db, this.#projection.names.projection);
    if (rows.some(({ done }) => !done)) await reader.untilEarlierWritersEnded(signal);
    for (const row of rows) {
      if (row.done) continue;
      const mirror = this.#projection.mirrors.get(row.source)!;
      const part = mirror.part(row.columns);
      const copying = row.columns ? `${row.source} (${row.columns.join(', ')})` : row.source;
      const total = row.estimated > 0 ? row.estimated : await reader.countRows(mirror);
      let { cursor, copied } = row;
      for (let last = false; !last && !signal.aborted;) {
        const chunk = await this.#copyChunk(mirror, part, cursor, reader, signal);
        if (!chunk) return;
        ({ last, cursor } = chunk);
        copied += chunk.read;
        await sleep(chunk.restMs, signal);
        const progress = { source: copying, done: copied, total: Math.max(total, copied) };
        onProgress({ readModel: this.#projection.names.projection, stage: 'copying', ...progress });
      }
    }
  }

  /** Must be called after the projection has applied the transaction, and before the next one. */
  async onTransaction(transaction: SourceTransaction): Promise<void> {
    const chunk = this.#open;
    if (!chunk) return;
    chunk.window.note(transaction.changes);
    for (const { prefix, content } of transaction.messages) {
      if (prefix !== messagePrefix) continue;
      if (content === `low ${chunk.id}`) {
        chunk.low = this.#delivered.count;
        chunk.window.open();
        this.#projection.copies.begin(chunk.mirror.source.name);
      } else if (content === `high ${chunk.id}`) {
        await this.#close(chunk);
      }
    }
  }

  /** Must be called for a transaction that does not fit into memory, like `onTransaction`. */
  onLarge(): void {
    this.#open?.window.spoil();
  }

  async #copyChunk(
    mirror: MirrorTable,
    part: CopiedPart,
    after: readonly string[] | null,
    reader: BackfillReader,
    signal: AbortSignal,
  ): Promise<CopiedPiece | undefined> {
    while (!signal.aborted) {
      const settled = deferred<'landed' | 'again'>();
      const chunk: OpenChunk = {
        id: randomUUID(),
        mirror,
        part,
        window: new BackfillWindow(mirror.source.name, mirror.key),
        settle: settled.resolve,
        low: 0,
        read: undefined,
        last: false,
      };
      this.#open = chunk;
      const abandon = (): void => settled.resolve('again');
      signal.addEventListener('abort', abandon, { once: true });
      try {
        const limit = part.isFilling ? Math.min(FILLED_ROWS, this.#pace.rows) : this.#pace.rows;
        const read = await reader.read(mirror, part, after, limit, chunk.id, (it) => {
          this.#refuseChanged(mirror, it.shape);
          chunk.last = it.isEnd;
          chunk.read = it;
        });
        const restMs = this.#pace.note({ rows: read.rows, bytes: read.bytes.length, ms: read.ms });
        if ((await settled.promise) === 'again') continue;
        return { cursor: read.lastKey ?? after, last: chunk.last, read: read.rows, restMs };
      } finally {
        signal.removeEventListener('abort', abandon);
        this.#open = undefined;
      }
    }
    return undefined;
  }

  async #close(chunk: OpenChunk): Promise<void> {
    const read = chunk.read;
    const torn = read === undefined || this.#delivered.isAnyUnseenBy(read.snapshot, chunk.low);
    const bytes = torn ? undefined : chunk.window.close(read.bytes, chunk.part.keyAt);
    if (!bytes || !read) {
      chunk.settle('again');
      return;
    }
    const { rows, lastKey } = read;
    const { part, last, mirror } = chunk;
    const source = mirror.source.name;
    await this.#projection.landCopy({ source, part, bytes, rows, cursor: lastKey ?? null, last });
    if (last) mirror.filling = new Set();
    chunk.settle('landed');
  }
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let settle: ((value: T) => void) | undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value) => settle?.(value) };
}
