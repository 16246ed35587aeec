import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Client, Submittable } from 'pg';

const SLICE_BYTES = 64 * 1024;

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
}

/** Runs `COPY ... TO STDOUT` and returns its lines as they came: nothing is decoded, so nothing is lost or paid for. */
export function copyOut(client: Client, sql: string): Promise<CopiedOut> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let part = Buffer.allocUnsafeSlow(SLICE_BYTES);
    let filled = 0;
    let rows = 0;
    submit(client, sql, reject, {
      // The chunk is a view of a buffer that the parser uses again.
      handleCopyData: ({ chunk }) => {
        if (filled + chunk.length > part.length) {
          parts.push(part.subarray(0, filled));
          part = Buffer.allocUnsafeSlow(Math.max(SLICE_BYTES, chunk.length));
          filled = 0;
        }
        chunk.copy(part, filled);
        filled += chunk.length;
      },
      handleCommandComplete: ({ text }) => {
        rows = Number(text.slice(text.lastIndexOf(' ') + 1));
      },
      handleReadyForQuery: () => resolve({ bytes: Buffer.concat([...parts, part.subarray(0, filled)]), rows }),
    });
  });
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
  handleCopyData?: (message: { chunk: Buffer }) => void;
  handleCopyInResponse?: (connection: CopyConnection) => void;
  handleCommandComplete?: (message: { text: string }) => void;
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
