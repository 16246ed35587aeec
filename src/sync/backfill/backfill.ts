import { randomUUID } from 'node:crypto';
import { sleep } from '../../kernel/service.ts';
import { type BackfillRow, ProjectionStore } from '../../store/projection-store.ts';
import { type OwedPlace, OwedRowStore } from '../../store/owed-row-store.ts';
import type { Knex } from 'knex';
import type { BlockedListener } from './earlier-writers.ts';
import type { BackfillReader, ReadChunk } from './backfill-reader.ts';
import { BackfillWindow } from './backfill-window.ts';
import type { ChunkRange } from './chunk-range.ts';
import { ChunkPace, restAfterOwed } from './chunk-pace.ts';
import type { SourceTransaction } from '../change.ts';
import type { Projection } from '../projection/projection.ts';
import type { DeliveredXids } from '../delivered-xids.ts';
import { textOfKey } from '../mirror/collapse-changes.ts';
import type { CopiedPart } from '../mirror/copied-part.ts';
import { lastLine, linesOf } from '../mirror/copy-lines.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import type { SourceShape } from '../postgres/source-shape.ts';
import { messagePrefix } from '../postgres/source-position.ts';
import type { StreamWatcher } from '../stream-watcher.ts';

/** The first chunk's; then the pace decides. */
const CHUNK_ROWS = 2_000;
/** Rows of a chunk of columns: these are read fast, but each is a row that is written anew while the stream waits. */
const FILLED_ROWS = 10_000;
/** Rows that are read by themselves at once. */
const OWED_ROWS = 500;

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

export interface BackfillListener extends BlockedListener {
  readonly onProgress: (progress: SyncProgress) => void;
}

interface OpenChunk {
  readonly id: string;
  readonly mirror: MirrorTable;
  readonly part: CopiedPart;
  readonly range: ChunkRange;
  readonly window: BackfillWindow;
  readonly settle: (outcome: 'landed' | 'again') => void;
  /** Deliveries before the LOW marker. */
  low: number;
  read: ReadChunk | undefined;
  /** Rows that are no longer owed because of it. */
  paid: number;
}

interface CopiedPiece {
  readonly read: ReadChunk;
  readonly restMs: number;
  readonly paid: number;
}

/**
 * Fills a projection's mirror beside the stream, chunk by chunk. `run` reads; `onTransaction`, called by the stream's
 * reader for every transaction in order, lands each chunk when its HIGH marker comes by.
 */
export class Backfill implements StreamWatcher {
  readonly #projection: Projection;
  readonly #delivered: DeliveredXids;
  readonly #store = new ProjectionStore();
  readonly #owed = new OwedRowStore();
  readonly #pace: ChunkPace;
  /** Of rows that are looked up one by one, which takes longer a row whatever else legacy does. */
  readonly #owedPace: ChunkPace;
  readonly #refuseChanged: BackfillParts['refuseChanged'];
  #open: OpenChunk | undefined;

  constructor({ projection, delivered, maxLoad, refuseChanged }: BackfillParts) {
    this.#projection = projection;
    this.#delivered = delivered;
    this.#refuseChanged = refuseChanged;
    this.#pace = new ChunkPace(maxLoad, CHUNK_ROWS);
    this.#owedPace = new ChunkPace(maxLoad, OWED_ROWS);
  }

  /** Copies what is not copied yet. Ends early, without an error, when the signal aborts. */
  async run(db: Knex, reader: BackfillReader, told: BackfillListener, signal: AbortSignal): Promise<void> {
    const { projection } = this.#projection.names;
    const rows = await this.#store.listBackfill(db, projection);
    const next = rows.find(({ done }) => !done);
    if (next) {
      const total = Math.max(1, next.estimated, next.copied);
      told.onProgress({ readModel: projection, stage: 'copying', source: labelOf(next), done: next.copied, total });
    }
    if (next || (await this.#owed.isAny(db, projection))) await reader.untilEarlierWritersEnded(told, signal);
    for (const row of rows) {
      const mirror = this.#projection.mirrors.get(row.source)!;
      if (!row.done) await this.#copySource(mirror, row, reader, told.onProgress, signal);
      await this.#payOwed(db, mirror, reader, signal);
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

  async #copySource(
    mirror: MirrorTable,
    row: BackfillRow,
    reader: BackfillReader,
    onProgress: (progress: SyncProgress) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const part = mirror.part(row.columns);
    const source = labelOf(row);
    const total = row.estimated > 0 ? row.estimated : await reader.estimateRows(mirror);
    let { cursor, copied } = row;
    for (let last = false; !last && !signal.aborted;) {
      const at = cursor;
      const chunk = await this.#copyChunk(
        mirror,
        part,
        (rows) => ({ kind: 'after', cursor: at, limit: part.isFilling ? Math.min(FILLED_ROWS, rows) : rows }),
        reader,
        signal,
        this.#pace,
      );
      if (!chunk) return;
      last = chunk.read.isEnd;
      cursor = chunk.read.lastKey ?? cursor;
      copied += chunk.read.rows;
      await sleep(chunk.restMs, signal);
      const progress = { source, done: copied, total: Math.max(total, copied) };
      onProgress({ readModel: this.#projection.names.projection, stage: 'copying', ...progress });
    }
  }

  /** When this ends the mirror has every row: one whose key changes after that comes with all that it had. */
  async #payOwed(db: Knex, mirror: MirrorTable, reader: BackfillReader, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const place = this.#placeOf(mirror);
      const owed = await this.#owed.some(db, place, OWED_ROWS);
      if (owed.length === 0) return;
      const chunk = await this.#copyChunk(
        mirror,
        mirror.part(),
        (rows) => ({ kind: 'keys', keys: owed.slice(0, rows) }),
        reader,
        signal,
        this.#owedPace,
      );
      if (!chunk) return;
      await sleep(restAfterOwed(chunk), signal);
    }
  }

  /** Reads what `rangeOf` says for a number of rows, until it could be landed. */
  async #copyChunk(
    mirror: MirrorTable,
    part: CopiedPart,
    rangeOf: (rows: number) => ChunkRange,
    reader: BackfillReader,
    signal: AbortSignal,
    pace: ChunkPace,
  ): Promise<CopiedPiece | undefined> {
    while (!signal.aborted) {
      const settled = deferred<'landed' | 'again'>();
      const range = rangeOf(pace.rows);
      const chunk: OpenChunk = {
        id: randomUUID(),
        mirror,
        part,
        range,
        window: new BackfillWindow(mirror.source.name, mirror.key),
        settle: settled.resolve,
        low: 0,
        read: undefined,
        paid: 0,
      };
      this.#open = chunk;
      const abandon = (): void => settled.resolve('again');
      signal.addEventListener('abort', abandon, { once: true });
      try {
        const read = await reader.read(mirror, part, range, chunk.id, (it) => {
          this.#refuseChanged(mirror, it.shape);
          chunk.read = it;
        });
        const restMs = pace.note({ rows: read.rows, bytes: read.bytes.length, ms: read.ms });
        if ((await settled.promise) === 'again') {
          await sleep(Math.max(restMs, pace.again(read.rows)), signal);
          continue;
        }
        pace.landed();
        return { read, restMs, paid: chunk.paid };
      } finally {
        signal.removeEventListener('abort', abandon);
        this.#open = undefined;
      }
    }
    return undefined;
  }

  async #close(chunk: OpenChunk): Promise<void> {
    const { mirror, part, range, window, read, low, settle } = chunk;
    const torn = read === undefined || this.#delivered.isAnyUnseenBy(read.snapshot, low);
    const closed = torn ? undefined : window.close(read.bytes, part.keyAt);
    if (!closed || !read) {
      settle('again');
      return;
    }
    const isAfter = range.kind === 'after';
    // Rows are owed only where everything else is copied.
    const last = !isAfter || read.isEnd;
    const paid = isAfter ? [] : paidOf(range.keys, read, part, window);
    await this.#projection.landCopy({
      source: mirror.source.name,
      part,
      bytes: closed.lines,
      later: closed.later,
      rows: isAfter ? read.rows : 0,
      cursor: isAfter ? (read.lastKey ?? null) : null,
      last,
      paid,
    });
    chunk.paid = paid.length;
    if (last) mirror.filling = new Set();
    settle('landed');
  }

  #placeOf(mirror: MirrorTable): OwedPlace {
    return { projection: this.#projection.names.projection, source: mirror.source.name };
  }
}

function labelOf({ source, columns }: BackfillRow): string {
  return columns ? `${source} (${columns.join(', ')})` : source;
}

/** Those of the keys whose rows the mirror has now, or that are gone. */
function paidOf(
  keys: readonly (readonly string[])[],
  { bytes, isEnd }: ReadChunk,
  { keyAt }: CopiedPart,
  window: BackfillWindow,
): readonly (readonly string[])[] {
  const read = isEnd ? undefined : new Set(linesOf(bytes).map((line) => textOfKey(lastLine(line, keyAt)!)));
  return keys.filter((key) => !window.isOwed(key) && (read?.has(textOfKey(key)) ?? true));
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let settle: ((value: T) => void) | undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value) => settle?.(value) };
}
