import type { Response } from 'express';
import { z } from 'zod';
import type { FigControl } from '../app/control.ts';
import type { TailReader } from '../app/tail/event-tail.ts';
import type { Log } from '../kernel/log.ts';
import { answerOf, errorAnswer } from './admin-errors.ts';

const MAX_READERS = 20;
/** What one reader has not read yet. */
const MAX_UNREAD_BYTES = 256 * 1024;
/** So that nobody in between takes a long silence for the end. */
const BEAT_EVERY_MS = 15_000;

const tailQuery = z.strictObject({
  feature: z.string().optional(),
  type: z.string().optional(),
  from: z.enum(['beginning', 'now']).default('now'),
});

/** Shows changes to whoever asks, one JSON object a line: a change, `lost`, an `error` at the end, or `{}` as a sign of life. */
export function createTailStream(control: FigControl, log: Log) {
  let readers = 0;
  return async (response: Response, query: unknown): Promise<void> => {
    const request = tailQuery.parse(query);
    if (readers >= MAX_READERS) {
      response.status(503).json(errorAnswer('FIG_ADMIN_REFUSED', `${MAX_READERS} are looking already`));
      return;
    }
    readers += 1;
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    response.on('error', () => gone.abort());
    const beat = setInterval(() => readerOf(response, gone.signal).beat(), BEAT_EVERY_MS);
    try {
      await control.tail(request, readerOf(response, gone.signal));
    } catch (thrown) {
      if (gone.signal.aborted) return;
      const { status, body } = answerOf(thrown);
      if (response.headersSent) {
        log.warn({ error: thrown }, 'changes cannot be shown any more');
        response.write(`${JSON.stringify(body)}\n`);
      } else response.status(status).json(body);
    } finally {
      clearInterval(beat);
      readers -= 1;
      response.end();
    }
  };
}

function readerOf(response: Response, signal: AbortSignal): TailReader & { beat(): void } {
  const write = (item: object): boolean => {
    if (!response.headersSent || response.writableLength > MAX_UNREAD_BYTES || signal.aborted) return false;
    response.write(`${JSON.stringify(item)}\n`);
    return true;
  };
  return {
    signal,
    begin: () => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8', 'cache-control': 'no-store' });
      response.write('{}\n');
    },
    take: write,
    beat: () => void write({}),
    room: () => {
      if (signal.aborted || response.writableLength <= MAX_UNREAD_BYTES) return Promise.resolve();
      return new Promise((resolve) => {
        const done = (): void => {
          response.off('drain', done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        response.once('drain', done);
        signal.addEventListener('abort', done, { once: true });
      });
    },
  };
}
