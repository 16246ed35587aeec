import type { DropReason } from '../src/kernel/exchange.ts';
import type { FeatureRouting } from '../src/kernel/phase.ts';
import { answerError, answerFromCandidate } from './answer.ts';
import { Asked } from './asked.ts';
import { bodyKindOf, faultOf, type ClientRequest, type RequestFault } from './client-request.ts';
import {
  decide,
  decideAfterFailure,
  decideAtBreaker,
  decideAtFence,
  decideUncompared,
  isCandidatesTurn,
  type Decision,
} from './decide.ts';
import { explained, withExplanation } from './explain.ts';
import { forward } from './forward.ts';
import { kindOfQuery, type KindOfQuery } from './body-query/kind-of-query.ts';
import { readQuery } from './body-query/read-query.ts';
import type { OpenCopy } from './hand-copy.ts';
import { isHeadTooLarge } from './head-size.ts';
import type { Place } from './load.ts';
import { isPassedThrough, passThrough } from './pass-through.ts';
import { refuseLoad } from './refuse-load.ts';
import type { ProxyParts } from './proxy-parts.ts';
import type { RouteMatch } from './route-table.ts';
import type { Completion, Handled } from './seen-request.ts';
import { discardRest } from './discard-rest.ts';
import { tellOutcome } from './tell-outcome.ts';
import { isDeclaredTooLarge } from './upload-watch.ts';
import { addedLines, framed, viaOfAnswer } from './upstream-headers.ts';
import { laterVisitors } from './visitor.ts';

/**
 * The main line of a request: match route -> decide (phase, visitor, breaker, fence) -> ask the candidate, or forward to legacy
 * -> answer -> hand a copy to the shadow. Whatever goes wrong on the candidate's side ends with legacy's answer. May throw
 * before it has told `completion` anything.
 */
export function handleRequest(parts: ProxyParts, client: ClientRequest, place: Place, completion: Completion): void {
  const refused = refusalOf(parts, client);
  if (refused !== undefined) {
    completion.done(refused);
    return;
  }
  const asked = new Asked(parts, client);
  const kind = asked.match && !asked.match.isAmbiguous ? kindOfQuery(asked.match) : undefined;
  if (asked.match && kind) {
    handleByBody(parts, asked, asked.match, kind, place).then(completion.done, completion.failed);
    return;
  }
  const decision = sampled(parts, asked, decide(asked));
  const turn = isPassedThrough(decision, asked) ? parts.load.turns.take() : undefined;
  if (turn) passThrough(parts, asked, decision, place, turn, completion);
  else handleWithCare(parts, asked, decision, place).then(completion.done, completion.failed);
}

/** Chosen before anything is known of the answer, so that what is compared is a fair sample; what is not costs nothing more. */
function sampled({ copies }: ProxyParts, asked: Asked, decision: Decision): Decision {
  const { match } = asked;
  if (!decision.mirror || match === undefined) return decision;
  const reason = incomparable(asked, match);
  if (reason !== undefined) copies.leave(match, reason);
  return reason === undefined && copies.admits(match, asked) ? decision : decideUncompared(decision);
}

function incomparable({ client, routing }: Asked, { feature, route }: RouteMatch): DropReason | undefined {
  // Without end, if that candidate's answer were compared by asking it.
  if (client.req.headers['x-fig-shadow'] !== undefined) return 'from-shadow';
  return routing.features.get(feature)?.quarantined?.includes(route) === true ? 'writes' : undefined;
}

/** Turns away what must not be forwarded at all. */
function refusalOf({ paths, load }: ProxyParts, client: ClientRequest): Handled | undefined {
  const fault = faultOf(client.req, paths);
  if (fault) return refuse(client, fault);
  const { limits } = load;
  if (isHeadTooLarge(client.req, limits)) return refuseLoad(load, client, 'head-too-large');
  return isDeclaredTooLarge(client.req, limits) ? refuseLoad(load, client, 'body-too-large') : undefined;
}

/** The route is only known when the body has been read. Whatever it says, legacy gets every byte of it. */
async function handleByBody(
  parts: ProxyParts,
  asked: Asked,
  match: RouteMatch,
  kind: KindOfQuery,
  place: Place,
): Promise<Handled> {
  const { client } = asked;
  const held = parts.bodies.open();
  try {
    const read = await readQuery(client, asked.headers, match, kind, parts.load, held);
    const fault = read.ahead?.upload.fault;
    if (fault !== undefined) return refuseLoad(parts.load, client, fault);
    if (read.over !== undefined) {
      const status = tellOutcome(parts.log, client, { kind: 'client-gone', head: undefined });
      return { status, servedBy: 'legacy', reason: kind.notRead };
    }
    asked.settle(read);
    if (read.refusal === 'query-too-large' && isCompared(asked, match)) parts.copies.leave(match, 'too-large');
    return await handleWithCare(parts, asked, sampled(parts, asked, decide(asked)), place);
  } finally {
    held.release();
  }
}

/** Whether the shadow would have been asked about a read of this route, had it been found to be one. */
function isCompared({ routing }: Asked, { feature }: RouteMatch): boolean {
  const { reads, isUnproven } = routing.features.get(feature) ?? {};
  if (reads === undefined || reads.phase === 'legacy' || isUnproven === true) return false;
  return routing.killSwitch === undefined && routing.isFromDisk !== true;
}

/** Whatever needs more than forwarding: waiting for a fence, asking the candidate, copying, noting a write. */
async function handleWithCare(parts: ProxyParts, asked: Asked, planned: Decision, place: Place): Promise<Handled> {
  const { client } = asked;
  let decision = planned;
  const isItsTurn = isCandidatesTurn(planned);
  if (asked.match && decision.serve === 'candidate') {
    const { feature, route, params } = asked.match;
    const version = asked.routing.features.get(feature)?.version;
    const fence = await parts.ownWrites.fenceFor(feature, asked.visitor, asked.note, version);
    // Behind the fence: what the read model has just applied may be what parked the key.
    const isParked = fence === 'reached' && parts.isParked({ feature, route, params, version });
    decision = decideAtFence(decision, isParked ? 'parked-key' : fence);
  }
  if (asked.match && decision.serve === 'candidate') {
    const outcome = await serveFromCandidate(parts, asked, asked.match, decision);
    if ('handled' in outcome) return outcome.handled;
    decision = outcome.decision;
  }
  const fallback = isItsTurn ? decision.reason : undefined;
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
  asked: Asked,
  match: RouteMatch,
  decision: Decision,
): Promise<{ readonly handled: Handled } | { readonly decision: Decision }> {
  const { client, routing, question: asking } = asked;
  const { feature, route, params, candidateTimeoutMs } = match;
  const now = routing.features.get(feature);
  const version = now?.version;
  const question = { feature, route, params, version, ...asking };
  const result = await parts.breakers.through(feature, version, () =>
    parts.candidates.ask(question, candidateTimeoutMs),
  );
  if (result === undefined) return { decision: decideAtBreaker(decision) };
  if (!result.ok) {
    parts.log.warn({ feature, route, failure: result.failure, why: result.reason }, 'legacy answers for the candidate');
    return { decision: decideAfterFailure(decision, result.failure) };
  }
  const { answer, tookMs } = result;
  if (!client.gone.aborted)
    answerFromCandidate(client.res, client.method, answer, explained(parts.explain, client, decision.reason));
  if (now && decision.mirror)
    parts.copies.handCandidates({ client, question: asking, asker: asked, match, now }, answer, tookMs);
  return { handled: { status: answer.status, servedBy: 'candidate', reason: decision.reason } };
}

/** Returns the status that was sent, if any. `onStream` is told of an answer that may go on for ever. */
async function serveFromLegacy(
  parts: ProxyParts,
  asked: Asked,
  decision: Decision,
  onStream: () => void,
): Promise<Pick<Handled, 'status'> | Handled> {
  const { client, headers, match, routing, read } = asked;
  const { req, res, method, target, origin, gone } = client;
  const now = match && decision.mirror ? routing.features.get(match.feature) : undefined;
  const copy = match && now && copyOf(parts, asked, match, now);
  const write =
    mayWrite(method) && !asked.isQuery
      ? parts.ownWrites.begin(asked.visitor, asked.note, origin.scheme === 'https')
      : undefined;
  // Waited for here, so that nothing has been sent to legacy of which a fellow does not know.
  if (write?.announced) await write.announced;
  const via = viaOfAnswer(parts.identity);
  const startedAt = performance.now();
  const upload = client.hasBody ? (read?.ahead?.upload ?? parts.load.uploads.watch(req)) : undefined;

  const body = bodyKindOf(req);
  const outcome = await forward(parts.legacy, {
    method,
    target,
    headers: framed(headers, body, req.headers.te),
    req,
    body,
    ahead: read?.ahead,
    res,
    gone,
    broken: upload?.broken,
    onUpload: upload && ((chunk) => upload.count(chunk)),
    onHead: (head) => {
      // From here on the application has heard enough, or takes the rest at its own pace.
      upload?.answered();
      if (head.isEventStream) onStream();
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
  const status = tellOutcome(parts.log, client, outcome, () => write?.withoutAnswer() ?? []);
  if (client.hasBody) discardRest(req);
  return { status };
}

function copyOf(parts: ProxyParts, asked: Asked, match: RouteMatch, now: FeatureRouting): OpenCopy {
  const { client, question } = asked;
  return parts.copies.open({ client, question, asker: asked, match, now });
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
