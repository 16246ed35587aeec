import type { RawHeaders } from '../src/kernel/exchange.ts';
import { describeError } from '../src/kernel/fig-error.ts';
import { answerError, answerFromCandidate } from './answer.ts';
import { Asked } from './asked.ts';
import { bodyKindOf, faultOf, type ClientRequest, type RequestFault } from './client-request.ts';
import { decide, decideAfterFailure, decideAtBreaker, decideAtFence, type Decision } from './decide.ts';
import { explained, withExplanation } from './explain.ts';
import { forward, type ForwardJob, type ForwardOutcome } from './forward.ts';
import { isHeadTooLarge } from './head-size.ts';
import type { Place } from './load.ts';
import type { OpenWrite } from './own-writes.ts';
import { refuseLoad } from './refuse-load.ts';
import type { ProxyParts } from './proxy-parts.ts';
import type { RouteMatch } from './route-table.ts';
import type { Handled } from './seen-request.ts';
import { discardRest } from './discard-rest.ts';
import { isDeclaredTooLarge } from './upload-watch.ts';
import { isEventStream } from './upstream/event-stream.ts';
import { framed, viaOfAnswer } from './upstream-headers.ts';
import { laterVisitors } from './visitor.ts';

/**
 * The main line of a request: match route -> decide (phase, visitor, breaker, fence) -> ask the candidate, or forward to legacy
 * -> answer -> hand a copy to the shadow. Whatever goes wrong on the candidate's side ends with legacy's answer.
 */
export async function handleRequest(parts: ProxyParts, client: ClientRequest, place: Place): Promise<Handled> {
  const fault = faultOf(client.req, parts.paths);
  if (fault) return refuse(client, fault);
  const { limits } = parts.load;
  if (isHeadTooLarge(client.req, limits)) return refuseLoad(parts.load, client, 'head-too-large');
  if (isDeclaredTooLarge(client.req, limits)) return refuseLoad(parts.load, client, 'body-too-large');

  const asked = new Asked(parts, client);
  let decision = decide(asked);
  const isCandidatesTurn = decision.serve === 'candidate' || decision.reason === 'breaker-open';
  if (asked.match && decision.serve === 'candidate') {
    const fence = await parts.ownWrites.fenceFor(asked.match.feature, asked.visitor, asked.note);
    decision = decideAtFence(decision, fence);
  }
  if (asked.match && decision.serve === 'candidate') {
    const outcome = await serveFromCandidate(parts, asked, asked.match, decision);
    if ('handled' in outcome) return outcome.handled;
    decision = outcome.decision;
  }
  const fallback = isCandidatesTurn ? decision.reason : undefined;
  const turn = parts.load.turns.take() ?? (await parts.load.turns.wait(client.gone));
  if (turn === undefined) return { ...refuseLoad(parts.load, client, 'upstream-busy'), fallback };
  try {
    const served = await serveFromLegacy(parts, asked, decision, () => {
      // It may stay for hours: it is no longer among those whose number says how busy anybody is.
      turn.release();
      place.becomeStream();
    });
    return { servedBy: 'legacy', reason: decision.reason, fallback, ...served };
  } finally {
    turn.release();
  }
}

async function serveFromCandidate(
  parts: ProxyParts,
  { client, headers, routing }: Asked,
  match: RouteMatch,
  decision: Decision,
): Promise<{ readonly handled: Handled } | { readonly decision: Decision }> {
  const { feature, route, params, candidateTimeoutMs } = match;
  const question = { feature, route, params, method: client.method, target: client.target, headers };
  const result = await parts.breakers.through(feature, () => parts.candidates.ask(question, candidateTimeoutMs));
  if (result === undefined) return { decision: decideAtBreaker() };
  if (!result.ok) {
    parts.log.warn({ feature, route, failure: result.failure, why: result.reason }, 'legacy answers for the candidate');
    return { decision: decideAfterFailure(decision, result.failure) };
  }
  const { answer, tookMs } = result;
  if (!client.gone.aborted)
    answerFromCandidate(client.res, client.method, answer, explained(parts.explain, client, decision.reason));
  const now = routing.features.get(feature);
  if (now) parts.copies.handCandidates({ client, headers, match, reads: now.reads, stay: now.stay }, answer, tookMs);
  return { handled: { status: answer.status, servedBy: 'candidate', reason: decision.reason } };
}

/** Returns the status that was sent, if any. `onStream` is told of an answer that may go on for ever. */
async function serveFromLegacy(
  parts: ProxyParts,
  asked: Asked,
  decision: Decision,
  onStream: () => void,
): Promise<Pick<Handled, 'status'> | Handled> {
  const { client, headers, match, routing } = asked;
  const { req, res, method, target, origin, gone } = client;
  const now = match && decision.mirror ? routing.features.get(match.feature) : undefined;
  const copy = match && now && parts.copies.open({ client, headers, match, reads: now.reads, stay: now.stay });
  const write = mayWrite(method)
    ? parts.ownWrites.begin(asked.visitor, asked.note, origin.scheme === 'https')
    : undefined;
  const via = viaOfAnswer(parts.identity);
  const startedAt = performance.now();
  const upload = client.hasBody ? parts.load.uploads.watch(req) : undefined;

  const body = bodyKindOf(req);
  const outcome = await forward(parts.legacy, {
    method,
    target,
    headers: framed(headers, body, req.headers.te),
    req,
    body,
    res,
    gone,
    broken: upload?.broken,
    onUpload: upload && ((chunk) => upload.count(chunk)),
    onHead: (head) => {
      // From here on the application has heard enough, or takes the rest at its own pace.
      upload?.answered();
      if (isEventStream(head.headers)) onStream();
    },
    beforeHead: withExplanation(
      addedLines(via, write, (answered) => laterVisitors(parts.visitor, req.rawHeaders, origin.address, answered)),
      explained(parts.explain, client, decision.reason),
    ),
    tap: copy?.tap,
  });

  await write?.atEnd(outcome.kind === 'relayed');
  copy?.close(outcome, performance.now() - startedAt, decision.candidateFailure);
  upload?.end();
  if (upload?.fault !== undefined && !gone.aborted) return refuseLoad(parts.load, client, upload.fault);
  if (outcome.kind === 'upstream-failed') tellFailure(parts, client, outcome);
  else if (outcome.kind === 'client-gone') tellCancel(parts, client, outcome.head !== undefined);
  if (client.hasBody) discardRest(req);
  return { status: outcome.head?.status ?? (outcome.kind === 'upstream-failed' ? outcome.failure.status : undefined) };
}

/** The header lines we add to legacy's answer; without any, its head is not held back. */
function addedLines(
  via: readonly string[],
  write: OpenWrite | undefined,
  later: (answered: RawHeaders) => string[],
): ForwardJob['beforeHead'] {
  if (write === undefined) return via.length === 0 ? undefined : () => Promise.resolve([...via]);
  return async ({ headers }) => [...via, ...(await write.atHead(later(headers)))];
}

function tellFailure(
  { log }: ProxyParts,
  { id, res, method }: ClientRequest,
  { failure }: ForwardOutcome & { readonly kind: 'upstream-failed' },
): void {
  const { status, code, message, error, place } = failure;
  log.warn({ code, request: id, method, ...place, error: describeError(error) }, message);
  if (!res.headersSent && !res.destroyed) answerError(res, { status, code, message, place, requestId: id });
}

/** Clients may leave when they like, so this is for whoever looks for it. */
function tellCancel({ log }: ProxyParts, { id, req, method }: ClientRequest, hasHead: boolean): void {
  const before = req.complete ? 'response-headers' : 'request-body';
  const phase = hasHead ? 'response-body' : before;
  log.debug(
    { request: id, method, phase, side: 'client', cause: 'cancel' },
    'the client left before its answer was complete',
  );
}

function refuse(client: ClientRequest, fault: RequestFault): Handled {
  const { res, id } = client;
  // Where this request ends is not certain, so nothing after it on this connection can be trusted.
  res.shouldKeepAlive = false;
  const { status, message, code = 'FIG_REQUEST_REFUSED' } = fault;
  const place = { phase: 'request-headers', side: 'client', cause: 'protocol' } as const;
  answerError(res, { status, message, code, place, requestId: id });
  return { status: fault.status, servedBy: 'legacy', reason: 'refused' };
}

function mayWrite(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS';
}
