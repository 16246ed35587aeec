import type { RawHeaders } from '../src/kernel/exchange.ts';
import { describeError } from '../src/kernel/fig-error.ts';
import type { Log } from '../src/kernel/log.ts';
import { answerError } from './answer.ts';
import type { ClientRequest } from './client-request.ts';
import type { ForwardOutcome } from './forward.ts';
import type { UpstreamFailure } from './upstream-failure.ts';

/**
 * Tells how forwarding a request ended, if it did not end well; `added` gives header lines for an answer of ours. Returns
 * the status the user was sent, if any.
 */
export function tellOutcome(
  log: Log,
  client: ClientRequest,
  outcome: ForwardOutcome,
  added?: () => RawHeaders,
): number | undefined {
  if (outcome.kind === 'upstream-failed') tellFailure(log, client, outcome.failure, added);
  else if (outcome.kind === 'client-gone') tellCancel(log, client, outcome.head !== undefined);
  return outcome.head?.status ?? (outcome.kind === 'upstream-failed' ? outcome.failure.status : undefined);
}

/** What went wrong with the upstream is for the log, and for the user as well if the answer has not begun. */
function tellFailure(
  log: Log,
  { id, res, method }: ClientRequest,
  failure: UpstreamFailure,
  added: (() => RawHeaders) | undefined,
): void {
  const { status, code, message, error, place } = failure;
  log.warn({ code, request: id, method, ...place, error: describeError(error) }, message);
  if (!res.headersSent && !res.destroyed) {
    answerError(res, { status, code, message, place, requestId: id, added: added?.() });
  }
}

/** Clients may leave when they like, so this is for whoever looks for it. */
function tellCancel(log: Log, { id, req, method }: ClientRequest, hasHead: boolean): void {
  const before = req.complete ? 'response-headers' : 'request-body';
  const phase = hasHead ? 'response-body' : before;
  log.debug(
    { request: id, method, phase, side: 'client', cause: 'cancel' },
    'the client left before its answer was complete',
  );
}
