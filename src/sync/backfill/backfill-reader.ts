import { Client } from 'pg';
import type { CopiedPart } from '../mirror/copied-part.ts';
import { lastLine } from '../mirror/copy-lines.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import { quoteName } from '../postgres/bulk-upsert.ts';
import { copyOut } from '../postgres/copy.ts';
import { readShapes, type SourceShape } from '../postgres/source-shape.ts';
import { cutConnection, endConnection, noticesCuts } from '../postgres/legacy-connection.ts';
import { parseSnapshot, type SourceSnapshot } from '../postgres/source-snapshot.ts';
import { messagePrefix } from '../postgres/source-position.ts';
import { sessionOptions, textTypes } from '../postgres/session-settings.ts';
import { type ChunkRange, rangeSql } from './chunk-range.ts';
import { type BlockedListener, untilEarlierWritersEnded } from './earlier-writers.ts';
import { milestone } from '../../kernel/milestones.ts';

export interface ReadChunk {
  readonly snapshot: SourceSnapshot;
  /** Lines in COPY's text format, with the columns of the part that was asked for. */
  readonly bytes: Buffer;
  readonly rows: number;
  /** There are no more rows in the range. */
  readonly isEnd: boolean;
  /** Key of the last row. */
  readonly lastKey: readonly string[] | undefined;
  /** What the table looked like to the snapshot; undefined when it was gone. */
  readonly shape: SourceShape | undefined;
  /** How long legacy worked on it. */
  readonly ms: number;
}

/**
 * What is held of a chunk. The pace asks for less, going by the chunk before; this holds when small rows are followed by
 * large ones.
 */
const MAX_CHUNK_BYTES = 16 * 1024 * 1024;

/** In place of those of legacy's role or database, which are made for other work. A chunk takes a quarter of a second as a rule. */
const STATEMENT_BUDGET_MS = 10 * 60_000;

/** Reads chunks of legacy tables between two markers in the log. One connection, no locks, short transactions. */
export class BackfillReader implements AsyncDisposable {
  readonly #url: string;
  readonly #client: Client;
  readonly #pid: string;
  readonly #maxBytes: number;

  private constructor(url: string, client: Client, pid: string, maxBytes: number) {
    this.#url = url;
    this.#client = client;
    this.#pid = pid;
    this.#maxBytes = maxBytes;
  }

  /** What it is reading fails when the signal aborts: legacy may not answer any more. */
  static async open(url: string, signal: AbortSignal, maxBytes = MAX_CHUNK_BYTES): Promise<BackfillReader> {
    const client = await connect(url);
    if (signal.aborted) cutConnection(client);
    signal.addEventListener('abort', () => cutConnection(client), { once: true });
    const { rows } = await client.query<{ pid: string }>('SELECT pg_backend_pid() AS pid');
    return new BackfillReader(url, client, rows[0]!.pid, maxBytes);
  }

  /** See `untilEarlierWritersEnded`. */
  untilEarlierWritersEnded(told: BlockedListener, signal: AbortSignal): Promise<void> {
    return untilEarlierWritersEnded(this.#client, told, signal);
  }

  /** As the planner has it, from the size of the table: counting a large one takes as long as copying it. */
  async estimateRows(mirror: MirrorTable): Promise<number> {
    const { rows } = await this.#client.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN (FORMAT JSON) SELECT FROM ${tableOf(mirror)}`,
    );
    const [explained] = JSON.parse(rows[0]!['QUERY PLAN']) as [{ Plan: { 'Plan Rows': number } }];
    return explained.Plan['Plan Rows'];
  }

  /** Writes LOW, reads the rows of the range, fewer where they are large, hands them over, and only then writes HIGH. */
  async read(
    mirror: MirrorTable,
    part: CopiedPart,
    range: ChunkRange,
    id: string,
    onRead: (chunk: ReadChunk) => void,
  ): Promise<ReadChunk> {
    await this.#mark(`low ${id}`);
    const chunk = await this.#readSnapshot(mirror, part, range);
    onRead(chunk);
    milestone('sync:chunk-read');
    await this.#mark(`high ${id}`);
    return chunk;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endConnection(this.#client);
  }

  async #mark(content: string): Promise<void> {
    await this.#client.query('SELECT pg_logical_emit_message(true, $1, $2)', [messagePrefix, content]);
  }

  async #readSnapshot(mirror: MirrorTable, part: CopiedPart, range: ChunkRange): Promise<ReadChunk> {
    const { source, key } = mirror;
    const typeOf = (name: string): string => source.columns.find((column) => column.name === name)!.sourceType;
    const columns = part.columns.map(quoteName).join(', ');
    const where = rangeSql(range, {
      columns: key.map((name) => ({ name, type: typeOf(name) })),
      order: indexOrder(mirror),
    });
    await this.#client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    try {
      const snapshot = await this.#client.query<{ s: string }>('SELECT pg_current_snapshot()::text AS s');
      const shape = (await readShapes(this.#client, [source.name])).get(source.name);
      const startedAt = performance.now();
      const { bytes, rows, isCut } = await copyOut(
        this.#client,
        `COPY (SELECT ${columns} FROM ${tableOf(mirror)} ${where}) TO STDOUT`,
        { maxBytes: this.#maxBytes, cancel: () => this.#cancel() },
      );
      const ms = performance.now() - startedAt;
      const lastKey = lastLine(bytes, part.keyAt);
      const isEnd = !isCut && (range.kind === 'keys' || rows < range.limit);
      return { snapshot: parseSnapshot(snapshot.rows[0]!.s), bytes, rows, isEnd, lastKey, shape, ms };
    } finally {
      await this.#client.query('COMMIT');
    }
  }

  /** From a connection of its own, as the other one is busy. */
  async #cancel(): Promise<void> {
    const other = await connect(this.#url);
    try {
      await other.query('SELECT pg_cancel_backend($1)', [this.#pid]);
    } finally {
      await endConnection(other);
    }
  }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({
    ...noticesCuts,
    connectionString: url,
    application_name: 'fig backfill',
    options: sessionOptions({
      statement_timeout: String(STATEMENT_BUDGET_MS),
      idle_in_transaction_session_timeout: String(STATEMENT_BUDGET_MS),
    }),
    types: textTypes,
  });
  client.on('error', () => undefined); // A broken connection fails the query that is running, which is reported.
  await client.connect();
  // PostgreSQL has it from 17 on.
  await client.query(
    `SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout' AND setting <> '0'`,
  );
  return client;
}

/** The key's columns as legacy's index has them, so that the next rows are found without sorting the table. */
function indexOrder({ source, key }: MirrorTable): readonly string[] {
  const isSame = (columns: readonly string[]): boolean =>
    columns.length === key.length && columns.every((name) => key.includes(name));
  return [source.primaryKey, source.identityColumns].find(isSame) ?? key;
}

function tableOf({ source }: MirrorTable): string {
  return `${quoteName(source.schema)}.${quoteName(source.table)}`;
}
