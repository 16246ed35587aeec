import { randomUUID } from 'node:crypto';
import { ProjectionStore } from '../store/projection-store.ts';
import type { Knex } from 'knex';
import type { BackfillReader, ReadChunk } from './backfill-reader.ts';
import { BackfillWindow, isTorn } from './backfill-window.ts';
import type { SourceTransaction } from './change.ts';
import type { DeclarativeProjection } from './declarative-projection.ts';
import type { DeliveredXids } from './delivered-xids.ts';
import type { MirrorTable } from './mirror-table.ts';
import { messagePrefix } from './postgres/source-position.ts';
import type { StreamWatcher } from './stream-watcher.ts';

export const CHUNK_ROWS = 2_000;

export interface SyncProgress {
  readonly readModel: string;
  readonly stage: 'copying' | 'building';
  /** Legacy table, while copying. */
  readonly source: string | undefined;
  readonly done: number;
  readonly total: number;
}

interface OpenChunk {
  readonly id: string;
  readonly mirror: MirrorTable;
  readonly window: BackfillWindow;
  readonly settle: (outcome: 'landed' | 'again') => void;
  /** Deliveries before the LOW marker. */
  low: number;
  read: ReadChunk | undefined;
}

/**
 * Fills a projection's mirror beside the stream, chunk by chunk. `run` reads; `onTransaction`, called by the stream's
 * reader for every transaction in order, lands each chunk when its HIGH marker comes by.
 */
export class Backfill implements StreamWatcher {
  readonly #projection: DeclarativeProjection;
  readonly #delivered: DeliveredXids;
  readonly #store = new ProjectionStore();
  readonly #chunkRows: number;
  #open: OpenChunk | undefined;

  constructor(projection: DeclarativeProjection, delivered: DeliveredXids, chunkRows: number = CHUNK_ROWS) {
    this.#projection = projection;
    this.#delivered = delivered;
    this.#chunkRows = chunkRows;
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
      const total = row.estimated > 0 ? row.estimated : await reader.countRows(mirror);
      let { cursor, copied } = row;
      for (let last = false; !last && !signal.aborted;) {
        const chunk = await this.#copyChunk(mirror, cursor, reader, signal);
        if (!chunk) return;
        ({ last, cursor } = chunk);
        copied += chunk.read;
        const progress = { source: row.source, done: copied, total: Math.max(total, copied) };
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
        this.#projection.copyBegins(chunk.mirror.source.name);
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
    after: readonly string[] | null,
    reader: BackfillReader,
    signal: AbortSignal,
  ): Promise<{ cursor: readonly string[] | null; last: boolean; read: number } | undefined> {
    while (!signal.aborted) {
      const settled = deferred<'landed' | 'again'>();
      const chunk: OpenChunk = {
        id: randomUUID(),
        mirror,
        window: new BackfillWindow(mirror.source.name, mirror.key),
        settle: settled.resolve,
        low: 0,
        read: undefined,
      };
      this.#open = chunk;
      const abandon = (): void => settled.resolve('again');
      signal.addEventListener('abort', abandon, { once: true });
      try {
        const { rows } = await reader.read(mirror, after, this.#chunkRows, chunk.id, (read) => {
          chunk.read = read;
        });
        if ((await settled.promise) === 'again') continue;
        return { cursor: cursorAfter(rows, mirror) ?? after, last: rows.length < this.#chunkRows, read: rows.length };
      } finally {
        signal.removeEventListener('abort', abandon);
        this.#open = undefined;
      }
    }
    return undefined;
  }

  async #close(chunk: OpenChunk): Promise<void> {
    const read = chunk.read;
    const torn = read === undefined || isTorn(read.snapshot, (xid) => this.#delivered.wasBefore(xid, chunk.low));
    const rows = torn ? undefined : chunk.window.close(read.rows);
    if (!rows || !read) {
      chunk.settle('again');
      return;
    }
    const cursor = cursorAfter(read.rows, chunk.mirror);
    const last = read.rows.length < this.#chunkRows;
    await this.#projection.landCopy({ source: chunk.mirror.source.name, rows, cursor, last });
    chunk.settle('landed');
  }
}

function cursorAfter(rows: ReadChunk['rows'], mirror: MirrorTable): readonly string[] | null {
  const last = rows.at(-1);
  return last ? mirror.key.map((column) => last[column]!) : null;
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let settle: ((value: T) => void) | undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value) => settle?.(value) };
}
