import type { Response } from 'express';
import type { FigControl } from '../app/control.ts';
import type { Log } from '../kernel/log.ts';
import { startLoop, type Service } from '../kernel/service.ts';
import { answerOf, errorAnswer } from './admin-errors.ts';

const MAX_LISTENERS = 20;
/** A listener that has not read this much is dropped; the page connects again by itself. */
const MAX_UNREAD_BYTES = 1_000_000;
const EVERY_MS = 1_000;

export interface EventStream extends Service {
  /** Answers one listener with `status` events until it goes away, or 503 when there are too many. */
  handle(response: Response): void;
}

/** Status as Server-Sent Events: asked once a second for all listeners together, and not at all while there is none. */
export function createEventStream(control: FigControl, log: Log): EventStream {
  const listeners = new Set<Response>();
  let loop: Service | undefined;

  const turn = async (): Promise<number | undefined> => {
    if (listeners.size === 0) {
      loop = undefined;
      return undefined;
    }
    let event: string;
    try {
      event = `event: status\ndata: ${JSON.stringify(await control.status())}\n\n`;
    } catch (error) {
      log.warn({ error }, 'the status could not be read for the status page');
      event = `event: problem\ndata: ${JSON.stringify(answerOf(error).body)}\n\n`;
    }
    for (const listener of listeners) {
      if (listener.writableLength > MAX_UNREAD_BYTES) listener.destroy();
      else listener.write(event);
    }
    return EVERY_MS;
  };

  return {
    name: 'status events',
    handle: (response) => {
      if (listeners.size >= MAX_LISTENERS) {
        response.status(503).json(errorAnswer('FIG_ADMIN_REFUSED', `${MAX_LISTENERS} listeners are connected already`));
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
      response.write('retry: 1000\n\n');
      listeners.add(response);
      response.once('close', () => listeners.delete(response));
      response.on('error', () => listeners.delete(response));
      loop ??= startLoop({
        name: 'status events',
        turn,
        onError: (error) => log.error({ error }, 'status events failed'),
      });
    },
    stop: async () => {
      for (const listener of listeners) listener.end();
      listeners.clear();
      await loop?.stop();
    },
  };
}
