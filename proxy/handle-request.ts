import type { IncomingMessage } from 'node:http';
import type { PathPolicy } from '../src/config/edge-definition.ts';
import type { RawHeaders } from '../src/kernel/exchange.ts';
import { describeError } from '../src/kernel/fig-error.ts';
import type { Log } from '../src/kernel/log.ts';
import type { RoutingSnapshot } from '../src/kernel/phase.ts';
import { answerError, answerFromCandidate } from './answer.ts';
import type { CandidateDesk } from './ask-candidate.ts';
import type { Breakers } from './breakers.ts';
import { bodyKindOf, faultOf, type ClientRequest, type RequestFault } from './client-request.ts';
import { decide, decideAfterFailure, decideAtBreaker, decideAtFence, type Decision } from './decide.ts';
import { explained, withExplanation, type Explain } from './explain.ts';
import { fenceNoteIn } from './fence-cookie.ts';
import { forward, type ForwardJob, type ForwardOutcome } from './forward.ts';
import type { CopyDesk } from './hand-copy.ts';
import type { Load, Place } from './load.ts';
import type { Origin } from './origin.ts';
import type { OpenWrite, OwnWrites } from './own-writes.ts';
import { refuseLoad } from './refuse-load.ts';
import type { RouteMatch, RouteTable } from './route-table.ts';
import type { Handled } from './seen-request.ts';
import { discardRest } from './discard-rest.ts';
import { withRequestId } from './request-id.ts';
import { isDeclaredTooLarge } from './upload-watch.ts';
import { isEventStream } from './upstream/event-stream.ts';
import type { UpstreamPool } from './upstream/upstream-pool.ts';
import { framed, upstreamHeaders, viaOfAnswer, type IdentityRules } from './upstream-headers.ts';
import { laterVisitors, visitorOf, type VisitorRules } from './visitor.ts';

/** What the main line calls on. */
export interface ProxyParts {
  readonly legacy: UpstreamPool;
  readonly routes: RouteTable;
  readonly paths: PathPolicy;
  readonly identity: IdentityRules;
  readonly originOf: (req: IncomingMessage) => Origin;
  readonly routing: () => RoutingSnapshot;
  readonly visitor: VisitorRules;
  readonly fenceSecret: Uint8Array;
  readonly ownWrites: OwnWrites;
  readonly candidates: CandidateDesk;
  readonly breakers: Breakers;
  readonly explain: Explain;
  readonly copies: CopyDesk;
  readonly load: Load;
  readonly log: Log;
}

/** A request and what has been found out about it. */
interface Asked {
  readonly client: ClientRequest;
  /** As legacy, candidate and shadow get them. */
  readonly headers: string[];
  readonly match: RouteMatch | undefined;
  readonly visitor: string;
  readonly note: ReturnType<typeof fenceNoteIn>;
  readonly routing: RoutingSnapshot;
}

/**
 * The main line of a request: match route -> decide (phase, visitor, breaker, fence) -> ask the candidate, or forward to legacy
 * -> answer -> hand a copy to the shadow. Whatever goes wrong on the candidate's side ends with legacy's answer.
 */
export async function handleRequest(parts: ProxyParts, client: ClientRequest, place: Place): Promise<Handled> {
  const fault = faultOf(client.req, parts.paths);
  if (fault) return refuse(client, fault);
  const { limits } = parts.load;
  if (client.req.rawHeaders.length > 2 * limits.headerLines) return refuseLoad(parts.load, client, 'head-too-large');
  if (isDeclaredTooLarge(client.req, limits)) return refuseLoad(parts.load, client, 'body-too-large');

  const asked = findOut(parts, client);
  const isBreakerOpen = (feature: string): boolean => parts.breakers.isOpen(feature);
  let decision = decide({ ...asked, method: client.method, hasBody: client.hasBody, isBreakerOpen });
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

function findOut(parts: ProxyParts, client: ClientRequest): Asked {
  const { rawHeaders, headers } = client.req;
  const routing = parts.routing();
  parts.ownWrites.learn(routing);
  return {
    client,
    routing,
    headers: withRequestId(
      upstreamHeaders(rawHeaders, client.origin, parts.identity, client.req.httpVersion),
      client.req,
      client.id,
    ),
    match: parts.routes.match(client.method, client.target, rawHeaders),
    visitor: visitorOf(parts.visitor, rawHeaders, client.origin.address),
    note: fenceNoteIn(parts.fenceSecret, headers.cookie, client.askedAt),
  };
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
  const reads = routing.features.get(feature)?.reads;
  if (reads) parts.copies.handCandidates({ client, headers, match, reads }, answer, tookMs);
  return { handled: { status: answer.status, servedBy: 'candidate', reason: decision.reason } };
}

/** Returns the status that was sent, if any. `onStream` is told of an answer that may go on for ever. */
async function serveFromLegacy(
  parts: ProxyParts,
  asked: Asked,
  decision: Decision,
  onStream: () => void,
): Promise<Pick<Handled, 'status'> | Handled> {
  const { client, headers, match, routing, visitor, note } = asked;
  const { req, res, method, target, origin, gone } = client;
  const reads = match && decision.mirror ? routing.features.get(match.feature)?.reads : undefined;
  const copy = match && reads && parts.copies.open({ client, headers, match, reads });
  const write = mayWrite(method) ? parts.ownWrites.begin(visitor, note, origin.scheme === 'https') : undefined;
  const via = viaOfAnswer(parts.identity);
  const startedAt = performance.now();
  const upload = client.hasBody ? parts.load.uploads.watch(req) : undefined;

  const body = bodyKindOf(req);
  const outcome = await forward(parts.legacy, {
    method,
    target,
    headers: framed([...headers], body, String(req.headers.te ?? '')),
    req,
    body,
    res,
    gone: upload === undefined ? gone : AbortSignal.any([gone, upload.broken]),
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
