import { describeError } from '../src/kernel/fig-error.ts';
import type { Log } from '../src/kernel/log.ts';
import { answerError } from './answer.ts';
import type { ClientRequest } from './client-request.ts';
import type { UpstreamFailure } from './upstream-failure.ts';

/** Tells the log what went wrong with the upstream, and the user as well if the answer has not begun. */
export function tellFailure(log: Log, { id, res, method }: ClientRequest, failure: UpstreamFailure): void {
  const { status, code, message, error, place } = failure;
  log.warn({ code, request: id, method, ...place, error: describeError(error) }, message);
  if (!res.headersSent && !res.destroyed) answerError(res, { status, code, message, place, requestId: id });
}
