import { describeError } from '../src/kernel/fig-error.ts';
import type { Log } from '../src/kernel/log.ts';
import type { RoutingSnapshot } from '../src/kernel/phase.ts';
import { answerError, answerFromCandidate } from './answer.ts';
import type { CandidateDesk } from './ask-candidate.ts';
import { bodyKindOf, faultOf, type ClientRequest } from './client-request.ts';
import { decide, decideAfterFailure, decideAtFence, type Decision } from './decide.ts';
import { fenceNoteIn } from './fence-cookie.ts';
import { forward, type ForwardOutcome } from './forward.ts';
import type { CopyDesk } from './hand-copy.ts';
import type { OwnWrites } from './own-writes.ts';
import type { RouteMatch, RouteTable } from './route-table.ts';
import type { Handled } from './seen-request.ts';
import { discardRest } from './discard-rest.ts';
import { withRequestId } from './request-id.ts';
import type { UpstreamPool } from './upstream/upstream-pool.ts';
import { framed, questionHeaders, upstreamHeaders } from './upstream-headers.ts';
import { laterVisitors, visitorOf, type VisitorRules } from './visitor.ts';

/** What the main line calls on. */
export interface ProxyParts {
  readonly legacy: UpstreamPool;
  readonly routes: RouteTable;
  readonly routing: () => RoutingSnapshot;
  readonly visitor: VisitorRules;
  readonly fenceSecret: Uint8Array;
  readonly ownWrites: OwnWrites;
  readonly candidates: CandidateDesk;
  readonly copies: CopyDesk;
  readonly log: Log;
}

/** A request and what has been found out about it. */
interface Asked {
  readonly client: ClientRequest;
  readonly match: RouteMatch | undefined;
  readonly visitor: string;
  readonly note: ReturnType<typeof fenceNoteIn>;
  readonly routing: RoutingSnapshot;
}

/**
 * The main line of a request: match route -> decide (phase, visitor, fence) -> ask the candidate, or forward to legacy
 * -> answer -> hand a copy to the shadow. Whatever goes wrong on the candidate's side ends with legacy's answer.
 */
export async function handleRequest(parts: ProxyParts, client: ClientRequest): Promise<Handled> {
  const fault = faultOf(client.req);
  if (fault) return refuse(client, fault);

  const asked = findOut(parts, client);
  let decision = decide({ ...asked, method: client.method, hasBody: client.hasBody });
  const isCandidatesTurn = decision.serve === 'candidate';
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
  const status = await serveFromLegacy(parts, asked, decision);
  return { status, servedBy: 'legacy', reason: decision.reason, fallback };
}

function findOut(parts: ProxyParts, client: ClientRequest): Asked {
  const { rawHeaders, headers } = client.req;
  const routing = parts.routing();
  parts.ownWrites.learn(routing);
  return {
    client,
    routing,
    match: parts.routes.match(client.method, client.target),
    visitor: visitorOf(parts.visitor, rawHeaders, client.address),
    note: fenceNoteIn(parts.fenceSecret, headers.cookie, client.askedAt),
  };
}

async function serveFromCandidate(
  parts: ProxyParts,
  { client, routing }: Asked,
  match: RouteMatch,
  decision: Decision,
): Promise<{ readonly handled: Handled } | { readonly decision: Decision }> {
  const { feature, route, params, candidateTimeoutMs } = match;
  const headers = questionHeaders(client.req.rawHeaders);
  const question = { feature, route, params, method: client.method, target: client.target, headers };
  const result = await parts.candidates.ask(question, candidateTimeoutMs);
  if (!result.ok) {
    parts.log.warn({ feature, route, failure: result.failure, why: result.reason }, 'legacy answers for the candidate');
    return { decision: decideAfterFailure(decision, result.failure) };
  }
  const { answer, tookMs } = result;
  if (!client.gone.aborted) answerFromCandidate(client.res, client.method, answer);
  const reads = routing.features.get(feature)?.reads;
  if (reads) parts.copies.handCandidates({ client, match, reads }, answer, tookMs);
  return { handled: { status: answer.status, servedBy: 'candidate', reason: decision.reason } };
}

/** Returns the status that was sent, if any. */
async function serveFromLegacy(parts: ProxyParts, asked: Asked, decision: Decision): Promise<number | undefined> {
  const { client, match, routing, visitor, note } = asked;
  const { req, res, method, target, address, gone } = client;
  const reads = match && decision.mirror ? routing.features.get(match.feature)?.reads : undefined;
  const copy = match && reads && parts.copies.open({ client, match, reads });
  const write = mayWrite(method) ? parts.ownWrites.begin(visitor, note) : undefined;
  const startedAt = performance.now();

  const body = bodyKindOf(req);
  const outcome = await forward(parts.legacy, {
    method,
    target,
    headers: framed(
      withRequestId(upstreamHeaders(req.rawHeaders, address, 'http'), req, client.id),
      body,
      String(req.headers.te ?? ''),
    ),
    req,
    body,
    res,
    gone,
    beforeHead: write && ((head) => write.atHead(laterVisitors(parts.visitor, req.rawHeaders, address, head.headers))),
    tap: copy?.tap,
  });

  await write?.atEnd(outcome.kind === 'relayed');
  copy?.close(outcome, performance.now() - startedAt, decision.candidateFailure);
  if (outcome.kind === 'upstream-failed') tellFailure(parts, client, outcome);
  if (client.hasBody) discardRest(req);
  return outcome.head?.status ?? (outcome.kind === 'upstream-failed' ? outcome.failure.status : undefined);
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

function refuse(client: ClientRequest, fault: { readonly status: number; readonly message: string }): Handled {
  const { res, id } = client;
  // Where this request ends is not certain, so nothing after it on this connection can be trusted.
  res.shouldKeepAlive = false;
  const place = { phase: 'request-headers', side: 'client', cause: 'protocol' } as const;
  answerError(res, { ...fault, code: 'FIG_REQUEST_REFUSED', place, requestId: id });
  return { status: fault.status, servedBy: 'legacy', reason: 'refused' };
}

function mayWrite(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS';
}
