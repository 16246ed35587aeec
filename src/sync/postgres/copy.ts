import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type Client, DatabaseError, type Submittable } from 'pg';

const SLICE_BYTES = 64 * 1024;
const QUERY_CANCELED = '57014';

/** What `pg` has on a connection and does not declare. */
interface CopyConnection {
  query(sql: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  readonly stream: Socket;
}

export interface CopiedOut {
  /** Lines in COPY's text format. */
  readonly bytes: Buffer;
  readonly rows: number;
  /** The bound was reached; there may be more rows. */
  readonly isCut: boolean;
}

export interface CopyBound {
  /** The row that reaches it is the last that is kept, so one row may be larger than all of it. */
  readonly maxBytes: number;
  /** Makes the server end the statement that runs on the connection. */
  readonly cancel: () => Promise<void>;
}

/**
 * Runs `COPY ... TO STDOUT` and returns its lines as they came: nothing is decoded, so nothing is lost or paid for. The
 * server cannot be asked for so many bytes, so the statement is cancelled when there are enough, and what is still on its
 * way is dropped. That leaves the transaction to be rolled back.
 */
export async function copyOut(client: Client, sql: string, bound: CopyBound): Promise<CopiedOut> {
  const lines = new LineStore();
  let cancelled: Promise<unknown> | undefined;
  const isFull = (): boolean => lines.bytes >= bound.maxBytes;
  await new Promise<void>((resolve, reject) => {
    submit(client, sql, (error) => (cancelled && isCancellation(error) ? resolve() : reject(error)), {
      handleCopyData: ({ chunk }, { stream }) => {
        if (isFull()) return;
        lines.add(chunk);
        if (!isFull()) return;
        // The server waits while nobody reads. If it cannot be told to stop, the rest is read for nothing.
        stream.pause();
        cancelled = bound.cancel().catch(() => undefined);
        void cancelled.then(() => stream.resume());
      },
      handleReadyForQuery: () => resolve(),
    });
  });
  // A late cancellation must not meet the next statement.
  await cancelled;
  return { bytes: lines.all(), rows: lines.count, isCut: isFull() };
}

/** Copies of short-lived chunks of bytes, in few buffers. */
class LineStore {
  readonly #parts: Buffer[] = [];
  #part = Buffer.allocUnsafeSlow(SLICE_BYTES);
  #filled = 0;
  bytes = 0;
  count = 0;

  /** The server sends one row in each message; the chunk is a view of a buffer that the parser uses again. */
  add(chunk: Buffer): void {
    if (this.#filled + chunk.length > this.#part.length) {
      this.#parts.push(this.#part.subarray(0, this.#filled));
      this.#part = Buffer.allocUnsafeSlow(Math.max(SLICE_BYTES, chunk.length));
      this.#filled = 0;
    }
    chunk.copy(this.#part, this.#filled);
    this.#filled += chunk.length;
    this.bytes += chunk.length;
    this.count += 1;
  }

  all(): Buffer {
    return Buffer.concat([...this.#parts, this.#part.subarray(0, this.#filled)]);
  }
}

function isCancellation(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === QUERY_CANCELED;
}

/** Runs `COPY ... FROM STDIN` with lines in COPY's text format. */
export function copyIn(client: Client, sql: string, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    let failed = false;
    const fail = (error: unknown): void => {
      failed = true;
      reject(error);
    };
    submit(client, sql, fail, {
      handleCopyInResponse: (connection) => {
        send(connection, bytes, () => failed).catch(fail);
      },
      handleReadyForQuery: () => resolve(),
    });
  });
}

/** Sends no faster than the server takes it, so that a chunk is not held in memory twice. */
async function send(connection: CopyConnection, bytes: Buffer, hasFailed: () => boolean): Promise<void> {
  for (let at = 0; at < bytes.length && !hasFailed(); at += SLICE_BYTES) {
    connection.sendCopyFromChunk(bytes.subarray(at, at + SLICE_BYTES));
    if (connection.stream.writableNeedDrain) await once(connection.stream, 'drain');
  }
  // After an error the server has left COPY by itself and skips what was still on its way.
  if (!hasFailed()) connection.endCopyFrom();
}

interface Handlers {
  handleCopyData?: (message: { chunk: Buffer }, connection: CopyConnection) => void;
  handleCopyInResponse?: (connection: CopyConnection) => void;
  handleReadyForQuery: () => void;
}

const ignore = (): void => undefined;

/** A query object of our own, as `pg` allows: it calls the handler of each message that comes for the query. */
function submit(client: Client, sql: string, fail: (error: unknown) => void, handlers: Handlers): void {
  const query = {
    handleRowDescription: ignore,
    handleDataRow: ignore,
    handleCommandComplete: ignore,
    handleCopyData: ignore,
    ...handlers,
    handleError: fail,
    submit: (connection: unknown) => (connection as CopyConnection).query(sql),
  };
  client.query(query as Submittable);
}
