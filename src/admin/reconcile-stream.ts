import type { Response } from 'express';
import type { FigControl, ReconcileRequest } from '../app/control.ts';
import type { Log } from '../kernel/log.ts';
import { answerOf } from './admin-errors.ts';

/** So that nobody in between takes a long silence for the end. */
const BEAT_EVERY_MS = 15_000;
/** Progress is told as seldom as a human can follow. */
const TELL_EVERY_MS = 200;

/**
 * Runs a comparison and answers with one JSON object a line: `progress` while it lasts, then `outcome`, or `error`. A caller
 * that goes away ends it. What is refused before it begins is an ordinary error.
 */
export async function streamReconciliation(
  response: Response,
  control: FigControl,
  feature: string,
  request: ReconcileRequest,
  log: Log,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  let toldAt = 0;
  let toldPart = '';
  const write = (line: object): void => {
    if (!response.headersSent) {
      response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8', 'cache-control': 'no-store' });
    }
    response.write(`${JSON.stringify(line)}\n`);
  };
  const beat = setInterval(() => write({}), BEAT_EVERY_MS);
  try {
    const outcome = await control.reconcile(feature, request, {
      signal: gone.signal,
      onProgress: (progress) => {
        const isNews = progress.part !== toldPart || progress.done >= progress.total;
        if (!isNews && Date.now() - toldAt < TELL_EVERY_MS) return;
        toldAt = Date.now();
        toldPart = progress.part;
        write({ progress });
      },
    });
    write({ outcome });
  } catch (thrown) {
    if (gone.signal.aborted) return;
    const { status, body } = answerOf(thrown);
    if (!response.headersSent) {
      response.status(status).json(body);
      return;
    }
    log.warn({ error: thrown, feature }, 'a comparison with legacy failed');
    write(body);
  } finally {
    clearInterval(beat);
  }
  response.end();
}
